using System.Globalization;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>
/// Wall clocks of silos that can be set apart from the machine's, by libfaketime: each silo reads its offset from a file of its own, once a second.
/// Monotonic clocks stay as they are.
/// </summary>
/// <param name="folder">Holds the files.</param>
internal sealed class SteppedClocks(string folder)
{
    private static readonly string[] Places = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime"];

    /// <summary>The library for programs with threads; null if it is not on this machine.</summary>
    public static string? Library { get; } = Places.Select(place => Path.Combine(place, "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    /// <summary>The environment of the silo at a place; empty without the library.</summary>
    public IReadOnlyDictionary<string, string> Settings(int place)
    {
        if (Library is null) return new Dictionary<string, string>();
        string file = FileOf(place);
        if (!File.Exists(file)) Set(place, 0);
        return new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library,
            ["FAKETIME_TIMESTAMP_FILE"] = file,
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            // Without this, waits with a timeout return at once: .NET's are of the monotonic clock.
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
            ["NO_FAKE_STAT"] = "1",
        };
    }

    /// <summary>Sets the clock of a place so far from the machine's.</summary>
    public void Set(int place, int offsetMs)
    {
        // Put in place as a whole: a silo may read it at any moment.
        string file = FileOf(place), next = file + ".next";
        File.WriteAllText(next, (offsetMs / 1000.0).ToString("+0.000;-0.000;+0", CultureInfo.InvariantCulture) + "s\n");
        File.Move(next, file, overwrite: true);
    }

    private string FileOf(int place) => Path.Combine(folder, $"clock-{place}");
}
