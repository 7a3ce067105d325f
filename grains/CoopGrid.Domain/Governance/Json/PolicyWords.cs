using System.Collections.Immutable;
using System.Globalization;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>The words that stand for values in a policy's JSON, both ways.</summary>
internal static class PolicyWords
{
    public const string DayNames = "mon, tue, wed, thu, fri, sat, sun";
    public const string FromRule = "must be a local time from \"00:00\" to \"23:59\"";
    public const string ToRule = "must be a local time from \"00:01\" to \"24:00\"";

    public static readonly ImmutableArray<(string Word, UsageEntry Value)> Entries =
        [("admitted", UsageEntry.Admitted), ("metered", UsageEntry.Metered)];

    public static readonly ImmutableArray<(string Word, EpochKind Value)> EpochKinds =
        [("month", EpochKind.Month), ("week", EpochKind.Week), ("fixed", EpochKind.Fixed)];

    public static readonly ImmutableArray<(string Word, MeanBasis Value)> MeanBases =
        [("sameEpoch", MeanBasis.SameEpoch), ("previousEpoch", MeanBasis.PreviousEpoch)];

    public static readonly ImmutableArray<(string Word, LanePriority Value)> Priorities =
        [("critical", LanePriority.Critical), ("standard", LanePriority.Standard), ("bulk", LanePriority.Bulk)];

    /// <summary>Monday first, as the bits of <see cref="TouBand.Days"/>.</summary>
    public static readonly ImmutableArray<string> Days = [.. DayNames.Split(", ")];

    public static string WordOf<T>(ImmutableArray<(string Word, T Value)> words, T value)
    {
        foreach ((string word, T known) in words)
        {
            if (EqualityComparer<T>.Default.Equals(known, value)) return word;
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, "no word stands for it");
    }

    /// <summary>"HH:MM" of a minute of the day, 0 to 1440.</summary>
    public static string Time(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");

    /// <summary>The minute of the day of "HH:MM", or −1. "24:00" is 1440.</summary>
    public static int Minute(string time)
    {
        if (time.Length != 5 || time[2] != ':' || !IsDigits(time[..2]) || !IsDigits(time[3..])) return -1;
        int hour = int.Parse(time[..2], CultureInfo.InvariantCulture);
        int minute = int.Parse(time[3..], CultureInfo.InvariantCulture);
        int total = (hour * 60) + minute;
        return minute < 60 && total <= PolicyLimits.MinutesPerDay ? total : -1;
    }

    private static bool IsDigits(string text) => text.All(char.IsAsciiDigit);
}
