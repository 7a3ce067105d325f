namespace CoopGrid.LoadTest.Wire;

/// <summary>The HTTP/2 frames that the generator knows (RFC 9113 §6).</summary>
internal static class FrameType
{
    public const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;

    public const byte EndStream = 1, Ack = 1, EndHeaders = 4, Padded = 8, Priority = 32;

    /// <summary>Length of a frame's header in bytes.</summary>
    public const int HeaderBytes = 9;
}
