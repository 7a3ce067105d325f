using System.Text.Json;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>What a bill and a bank take from one version of a class's policy, as it was published.</summary>
/// <param name="FromMs">Since when it is in force.</param>
internal sealed record PublishedTerms(int Version, long FromMs, long Fee, long Rate, long Comfort, bool ByPrevious, BankTerms? Bank)
{
    public static async Task<List<PublishedTerms>> ReadAsync(MonthGrid grid, string @class)
    {
        PolicyHistory history = await grid.Answered(
            "the policy's history", door => door.Governance.GetPolicyHistoryAsync(new() { Coop = Charters.Coop, Class = @class }).ResponseAsync);
        return [.. history.Versions.Select(Read)];
    }

    /// <summary>Those of an epoch that starts then.</summary>
    public static PublishedTerms At(List<PublishedTerms> versions, long startMs) => versions.Last(version => version.FromMs <= startMs || version.Version == 1);

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
