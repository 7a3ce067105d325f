namespace CoopGrid.LoadTest.Schedule;

/// <summary>Heavy-tailed choice: place k (from 0) has weight 1/(k+1)^exponent. Messages per member look like this.</summary>
internal sealed class Zipf
{
    private readonly double[] _upTo;

    /// <param name="count">How many places, 1 or more.</param>
    /// <param name="exponent">0 is uniform; about 1 is what networks show.</param>
    public Zipf(int count, double exponent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _upTo = new double[count];
        double sum = 0;
        for (int k = 0; k < count; k++) _upTo[k] = sum += Math.Pow(k + 1, -exponent);
    }

    public int Pick(SplitMix chance)
    {
        double point = chance.NextDouble() * _upTo[^1];
        int at = Array.BinarySearch(_upTo, point);
        return Math.Min(at < 0 ? ~at : at + 1, _upTo.Length - 1);
    }
}
