using System.Text.Json;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>What a bill and a bank take from one version of a class's policy, as it was published.</summary>
/// <param name="FromMs">Since when it is in force.</param>
internal sealed record PublishedTerms(int Version, long FromMs, long Fee, long Rate, long Comfort, bool ByPrevious, BankTerms? Bank)
{
    public static async Task<List<PublishedTerms>> ReadAsync(MonthGrid grid, string @class)
    {
        PolicyHistory history = await grid.Answered(
            "the policy's history", door => door.Governance.GetPolicyHistoryAsync(new() { Coop = Charters.Coop, Class = @class }).ResponseAsync);
        Assert.All(history.Versions, (version, at) => AssertVoted(@class, version, at + 1));
        return [.. history.Versions.Select(Read)];
    }

    /// <summary>Those of an epoch that starts then.</summary>
    public static PublishedTerms At(List<PublishedTerms> versions, long startMs) => versions.Last(version => version.FromMs <= startMs || version.Version == 1);

    /// <summary>The founding charter's, or that of a vote of the month's, all for it, executed a timelock after its end and in force after that.</summary>
    private static void AssertVoted(string @class, PolicyVersion version, int number)
    {
        PolicyOrigin origin = version.Origin;
        Assert.Equal(number, version.Version);
        Assert.Equal(number == 1 ? "" : MonthVotes.IdOf(@class, number - 1), origin.Proposal);
        if (number == 1) return;
        Assert.Equal(((long)MonthCharter.PeopleNames.Length, 0L, 0L), (origin.Tally.VotesFor, origin.Tally.VotesAgainst, origin.Tally.Abstained));
        Assert.InRange(origin.ExecutedUnixMs, origin.DecidedUnixMs + (long)TimeSpan.FromDays(1).TotalMilliseconds, version.EffectiveUnixMs);
    }

    private static PublishedTerms Read(PolicyVersion version)
    {
        using var policy = JsonDocument.Parse(version.PolicyJson);
        JsonElement root = policy.RootElement, tariff = root.GetProperty("tariff");
        BankTerms? bank = root.TryGetProperty("bank", out JsonElement own)
            ? new(
                Number(own, "sharePermille", 0), Number(own, "capUnits", 0), Number(own, "decayPermille", 0), Number(tariff, "baselineUnits", 0),
                Number(root.GetProperty("window"), "slices", 168))
            : null;
        return new(
            version.Version, version.EffectiveUnixMs, Number(tariff, "fixedFee", 0), Number(tariff, "rate", 0), Number(tariff, "comfortPermille", 1000),
            tariff.TryGetProperty("meanBasis", out JsonElement basis) && basis.GetString() == "previousEpoch", bank is { Share: > 0 } ? bank : null);
    }

    private static long Number(JsonElement from, string name, long ifMissing) => from.TryGetProperty(name, out JsonElement number) ? number.GetInt64() : ifMissing;
}
