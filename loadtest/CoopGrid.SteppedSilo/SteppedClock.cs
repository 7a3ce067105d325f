using System.Globalization;

namespace CoopGrid.SteppedSilo;

/// <summary>
/// The machine's clock and so many milliseconds, as a file says that all silos of a grid look at. Its monotonic clock and timers are the machine's: a step moves
/// the wall clock only, as an operator's hand would.
/// </summary>
internal sealed class SteppedClock : TimeProvider, IDisposable
{
    /// <summary>The environment's variable that names the file.</summary>
    public const string Variable = "SteppedSilo__Offset";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly string _file;
    private readonly Timer _timer;
    private long _offsetMs;

    public SteppedClock(string file)
    {
        _file = file;
        Look();
        _timer = new(_ => Look(), null, LookEvery, LookEvery);
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMilliseconds(Volatile.Read(ref _offsetMs));

    public void Dispose() => _timer.Dispose();

    // The file is put in place as a whole, so it is never read half written.
    private void Look() => Volatile.Write(ref _offsetMs, long.Parse(File.ReadAllText(_file), CultureInfo.InvariantCulture));
}
