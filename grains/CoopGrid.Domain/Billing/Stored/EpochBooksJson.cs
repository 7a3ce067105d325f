using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Stored;

/// <summary>
/// An epoch's books as they are stored: JSON, since there is one for each class and epoch and an operator may want to read it. Names are stored: never
/// change what one means, add new ones.
/// </summary>
public static class EpochBooksJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static string Write(EpochBooks books) => JsonSerializer.Serialize(
        new Stored
        {
            Start = books.Span.Start.UnixMicroseconds,
            End = books.Span.End.UnixMicroseconds,
            Leavers = new(books.Leavers.Units, books.Leavers.MemberSlices, Text(books.Leavers.Revenue)),
            Closing = books.Closing is { } closing ? StoredClosing.Of(closing, books.CommonsPermille) : null,
            CommonsUnitsBefore = books.CommonsUnitsBefore,
            Walked = books.Walked,
            Waiting = books.Waiting,
            Ended = books.End is { } end ? new(Text(end.Revenue), end.Rounding, end.CommonsShare) : null,
        },
        Options);

    /// <exception cref="JsonException">It is no JSON of ours.</exception>
    public static EpochBooks Read(ClassEpoch epoch, string json)
    {
        Stored stored = JsonSerializer.Deserialize<Stored>(json, Options) ?? throw new JsonException($"The books of {epoch} are empty.");
        return new()
        {
            Epoch = epoch,
            Span = new(epoch.Number, new(stored.Start), new(stored.End)),
            Leavers = new(stored.Leavers.Units, stored.Leavers.MemberSlices, Whole(stored.Leavers.Revenue)),
            Closing = stored.Closing?.ToClosing(epoch),
            CommonsPermille = stored.Closing?.CommonsPermille ?? 0,
            CommonsUnitsBefore = stored.CommonsUnitsBefore,
            Walked = stored.Walked,
            Waiting = stored.Waiting,
            End = stored.Ended is { } end ? new(Whole(end.Revenue), end.Rounding, end.CommonsShare) : null,
        };
    }

    private static string Text(Int128 value) => value.ToString(CultureInfo.InvariantCulture);

    private static Int128 Whole(string text) => Int128.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Stored
    {
        /// <summary>µs since the Unix epoch.</summary>
        public long Start { get; init; }

        public long End { get; init; }

        public StoredLeavers Leavers { get; init; } = new(0, 0, "0");

        public StoredClosing? Closing { get; init; }

        // What is not there in books without a bank: their bytes are as they were.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public long CommonsUnitsBefore { get; init; }

        public string Walked { get; init; } = "";

        public string Waiting { get; init; } = "";

        public StoredEnd? Ended { get; init; }
    }

    private sealed record StoredLeavers(long Units, long MemberSlices, string Revenue);

    private sealed record StoredMean(long Epoch, long Usage, long MemberSlices);

    private sealed record StoredEnd(string Revenue, long Rounding, long CommonsShare);

    private sealed record StoredClosing
    {
        public long Usage { get; init; }

        public long MemberSlices { get; init; }

        public long Slices { get; init; }

        public int PolicyVersion { get; init; }

        public long FixedFee { get; init; }

        public long Rate { get; init; }

        public long ComfortPermille { get; init; }

        public byte MeanBasis { get; init; }

        public long BaselineUnits { get; init; }

        public StoredMean? Previous { get; init; }

        public int CommonsPermille { get; init; }

        public string LastMember { get; init; } = "";

        public long Bills { get; init; }

        public long BilledUnits { get; init; }

        public long BilledMemberSlices { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public long DecayedUnits { get; init; }

        public string Charges { get; init; } = "0";

        public ImmutableArray<string> Exact { get; init; } = [];

        public static StoredClosing Of(EpochClosing closing, int commonsPermille) => new()
        {
            Usage = closing.Figures.Usage,
            MemberSlices = closing.Figures.MemberSlices,
            Slices = closing.Figures.Slices,
            PolicyVersion = closing.Figures.PolicyVersion,
            FixedFee = closing.Figures.Tariff.FixedFee,
            Rate = closing.Figures.Tariff.Rate,
            ComfortPermille = closing.Figures.Tariff.ComfortPermille,
            MeanBasis = (byte)closing.Figures.Tariff.MeanBasis,
            BaselineUnits = closing.Figures.Tariff.BaselineUnits,
            Previous = closing.Figures.Previous is { } previous ? new(previous.Epoch, previous.Usage, previous.MemberSlices) : null,
            CommonsPermille = commonsPermille,
            LastMember = closing.LastMember,
            Bills = closing.Bills,
            BilledUnits = closing.Units,
            BilledMemberSlices = closing.MemberSlices,
            DecayedUnits = closing.DecayedUnits,
            Charges = Text(closing.Charges),
            Exact = [.. closing.Exact.Parts.Select(part => part.ToString())],
        };

        public EpochClosing ToClosing(ClassEpoch epoch) => new()
        {
            Figures = new()
            {
                Epoch = epoch,
                Usage = Usage,
                MemberSlices = MemberSlices,
                Slices = Slices,
                PolicyVersion = PolicyVersion,
                Tariff = new() { FixedFee = FixedFee, Rate = Rate, ComfortPermille = ComfortPermille, MeanBasis = (MeanBasis)MeanBasis, BaselineUnits = BaselineUnits },
                Previous = Previous is { } previous ? new(previous.Epoch, previous.Usage, previous.MemberSlices) : null,
            },
            Leavers = default,
            LastMember = LastMember,
            Bills = Bills,
            Units = BilledUnits,
            MemberSlices = BilledMemberSlices,
            DecayedUnits = DecayedUnits,
            Charges = Whole(Charges),
            Exact = new() { Parts = [.. Exact.Select(ExactAmount.Parse)] },
        };
    }
}
