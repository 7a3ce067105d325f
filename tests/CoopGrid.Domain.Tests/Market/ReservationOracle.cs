namespace CoopGrid.Domain.Tests.Market;

/// <summary>
/// A reservation as a row of cells, one for each 10 ms of the slot, each with its part of the rate. The holder takes from the cells of the next b/r
/// seconds, the first one first; what is left in a cell when its moment is over falls into a heap for others, of at most b.
/// </summary>
internal sealed class ReservationOracle(long rate, long burst, long seconds)
{
    private const long Unit = 1_000_000;

    private readonly long[] _cells = [.. Enumerable.Repeat(rate * 10_000, (int)(seconds * 100))];
    private long _heap;
    private int _now;

    public long Usable => Ahead().Sum(i => _cells[i]) / Unit;

    public long Lendable => _now < _cells.Length ? _heap / Unit : 0;

    public void Advance(int cells)
    {
        for (int i = 0; i < cells && _now < _cells.Length; i++)
        {
            _heap = Math.Min(burst * Unit, _heap + _cells[_now]);
            _cells[_now++] = 0;
        }
    }

    public void Use(long units)
    {
        long need = units * Unit;
        foreach (int i in Ahead())
        {
            long taken = Math.Min(need, _cells[i]);
            _cells[i] -= taken;
            need -= taken;
        }
    }

    public void Lend(long units) => _heap -= units * Unit;

    private IEnumerable<int> Ahead() => Enumerable.Range(_now, (int)Math.Min(_cells.Length - _now, 100 * burst / rate));
}
