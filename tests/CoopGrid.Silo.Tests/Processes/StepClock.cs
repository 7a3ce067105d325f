using System.Globalization;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>The wall clock of a folder's silos, which are <c>CoopGrid.SteppedSilo</c>: the machine's, and as far on as it was stepped.</summary>
internal sealed class StepClock
{
    private readonly string _file;
    private long _offsetMs;

    public StepClock(SiloFolder folder)
    {
        _file = folder.DataPath + "-clock";
        folder.Settings["SteppedSilo__Offset"] = _file;
        Step(TimeSpan.Zero);
    }

    public DateTimeOffset Now => TimeProvider.System.GetUtcNow().AddMilliseconds(_offsetMs);

    /// <summary>Moves the wall clocks of all silos on.</summary>
    public void Step(TimeSpan by)
    {
        _offsetMs += (long)by.TotalMilliseconds;

        // Put in place as a whole: a silo may read it at any moment.
        File.WriteAllText(_file + ".next", _offsetMs.ToString(CultureInfo.InvariantCulture));
        File.Move(_file + ".next", _file, overwrite: true);
    }
}
