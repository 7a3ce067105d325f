namespace CoopGrid.LoadTest.Wire;

/// <summary>An open call: its stream, when it began, and as much of its answer as has come. Default is free.</summary>
internal struct StreamSlot
{
    private int _seen;

    /// <summary>0 if the slot is free.</summary>
    public int Stream;

    public long Started;

    /// <summary>The reply's first field, if its tag was 1; 0 if it is missing.</summary>
    public byte Outcome;

    private bool _isOutcome;

    /// <summary>Takes the next bytes of the message: 5 of gRPC's prefix, the first field's tag, its value (below 128).</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_seen <= 6)
        {
            if (5 >= _seen && 5 - _seen < bytes.Length) _isOutcome = bytes[5 - _seen] == 0x08;
            if (6 - _seen < bytes.Length && _isOutcome) Outcome = bytes[6 - _seen];
        }

        _seen += bytes.Length;
    }
}
