using CoopGrid.LoadTest.Results;
using HdrHistogram;

namespace CoopGrid.LoadTest.Sending;

/// <summary>Times in µs, from 1 µs to 10 min at three digits, written by many and read while written.</summary>
internal sealed class LatencyLog
{
    private const long Longest = 600_000_000;

    private readonly LongHistogram _times = new(1, Longest, 3);
    private readonly Lock _lock = new();

    public void Record(long micros)
    {
        lock (_lock) _times.RecordValue(Math.Clamp(micros, 1, Longest));
    }

    public void Add(LongHistogram other)
    {
        lock (_lock) _times.Add(other);
    }

    public LatencyMs Read()
    {
        lock (_lock)
        {
            return _times.TotalCount == 0
                ? new(0, 0, 0, 0, 0, 0)
                : new(Ms(50), Ms(90), Ms(99), Ms(99.9), Ms(100), _times.TotalCount);
        }
    }

    private double Ms(double percentile) => _times.GetValueAtPercentile(percentile) / 1000.0;
}
