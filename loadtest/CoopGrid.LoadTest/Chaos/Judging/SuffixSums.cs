namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>
/// Numbers in a row; a sum can be added to all from a place on, and the greatest of those that count is known at any moment. All take log n steps.
/// </summary>
internal sealed class SuffixSums
{
    // So low that no sum lifts it above a number that counts, and so far from the end of the range that none takes it beyond.
    private const long NotCounted = long.MinValue / 4;

    private readonly int _leaves = 1;
    // Of each node: the greatest of its children, with what was added to the node as a whole.
    private readonly long[] _greatest;
    private readonly long[] _added;
    private readonly bool[] _counts;

    /// <param name="values">How the numbers begin; none counts yet.</param>
    public SuffixSums(IReadOnlyList<long> values)
    {
        while (_leaves < values.Count) _leaves *= 2;
        _greatest = new long[_leaves * 2];
        _added = new long[_leaves * 2];
        _counts = new bool[_leaves];
        Array.Fill(_greatest, NotCounted);
        for (int i = 0; i < values.Count; i++) _greatest[_leaves + i] += values[i];
        for (int node = _leaves - 1; node >= 1; node--) _greatest[node] = Math.Max(_greatest[2 * node], _greatest[(2 * node) + 1]);
    }

    /// <summary>The greatest number.</summary>
    public long Max => _greatest[1];

    /// <summary>Where the greatest is; the first of several.</summary>
    public int PlaceOfMax
    {
        get
        {
            int node = 1;
            while (node < _leaves) node = _greatest[2 * node] >= _greatest[(2 * node) + 1] ? 2 * node : (2 * node) + 1;
            return node - _leaves;
        }
    }

    /// <summary>Adds to all numbers from a place on.</summary>
    public void Add(int place, long sum)
    {
        int node = _leaves + place;
        AddTo(node, sum);
        for (; node > 1; node /= 2)
        {
            if (node % 2 == 0) AddTo(node + 1, sum);
            Renew(node / 2);
        }
    }

    /// <summary>From now on the number at a place counts.</summary>
    public void Count(int place)
    {
        if (_counts[place]) return;
        _counts[place] = true;
        int node = _leaves + place;
        _greatest[node] -= NotCounted;
        for (node /= 2; node >= 1; node /= 2) Renew(node);
    }

    private void Renew(int node) => _greatest[node] = Math.Max(_greatest[2 * node], _greatest[(2 * node) + 1]) + _added[node];

    private void AddTo(int node, long sum)
    {
        _greatest[node] += sum;
        _added[node] += sum;
    }
}
