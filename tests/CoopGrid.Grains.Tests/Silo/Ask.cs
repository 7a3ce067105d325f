using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>Requests and policies as tests write them.</summary>
internal static class Ask
{
    public static AdmissionRequest For(string key, long units = 1, string lane = "", int? wait = 0) =>
        new() { Key = key, Units = units, Lane = lane, MaxWaitMs = wait, Caller = "relay" };

    /// <summary>A class that is short of nothing.</summary>
    public static ClassPolicy Ample { get; } = new()
    {
        Capacity = new() { UnitsPerSecond = 1_000_000, BurstUnits = 1_000_000, MaxRequestUnits = 1000 },
    };
}
