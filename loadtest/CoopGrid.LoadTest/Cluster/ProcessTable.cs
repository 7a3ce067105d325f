using System.Globalization;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>What the kernel tells of a process.</summary>
/// <param name="Parent">Its parent's number.</param>
/// <param name="State">R, S, D, T (stopped), Z (ended, and not yet collected by its parent) and others.</param>
/// <param name="Own">Processor time of all its threads.</param>
/// <param name="Ended">Processor time of its children that have ended and were collected.</param>
internal readonly record struct ProcessFacts(int Parent, char State, TimeSpan Own, TimeSpan Ended);

/// <summary>Reads /proc.</summary>
internal static class ProcessTable
{
    // USER_HZ: the unit of /proc on every Linux that .NET runs on.
    private const long TicksPerSecond = 100;

    // Linux keeps 15 bytes of a thread's name.
    private const string CompilerThread = "(.NET Tiered Com)";

    public static bool IsAlive(int process) => Read(process) is { State: not 'Z' and not 'X' };

    /// <summary>Processor time of a process and of all that it has started, ended ones included; zero if it has ended.</summary>
    public static TimeSpan FamilyTime(int process)
    {
        if (Read(process) is not { } facts) return TimeSpan.Zero;
        TimeSpan time = facts.Own + facts.Ended;
        foreach ((_, ProcessFacts child) in Children(process)) time += child.Own + child.Ended;
        return time;
    }

    /// <summary>The processes that a process has started and that live.</summary>
    public static IEnumerable<(int Process, ProcessFacts Facts)> Children(int process)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            bool isProcess = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            if (isProcess && Read(id) is { } child && child.Parent == process) yield return (id, child);
        }
    }

    /// <summary>Processor time that the threads of .NET's compiler in a process have used; of those that have ended it is not known any more.</summary>
    public static TimeSpan CompilerTime(int process)
    {
        try
        {
            TimeSpan time = TimeSpan.Zero;
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                string stat = File.ReadAllText($"{thread}/stat");
                if (stat.Contains(CompilerThread, StringComparison.Ordinal)) time += Parse(stat).Own;
            }

            return time;
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }

    /// <summary>Its resident set; 0 if it has ended.</summary>
    public static long ResidentBytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The machine's load average of the last minute.</summary>
    public static double LoadAverage => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <returns>Null if there is no such process.</returns>
    public static ProcessFacts? Read(int process)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{process}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>A line of /proc/N/stat; the name in it may hold anything, blanks and parentheses too.</summary>
    internal static ProcessFacts Parse(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new(Integer(fields[1]), fields[0][0], Time(fields[11]) + Time(fields[12]), Time(fields[13]) + Time(fields[14]));
    }

    private static TimeSpan Time(string ticks) => TimeSpan.FromTicks(long.Parse(ticks, CultureInfo.InvariantCulture) * (TimeSpan.TicksPerSecond / TicksPerSecond));

    private static int Integer(string field) => int.Parse(field, CultureInfo.InvariantCulture);
}
