using System.Buffers.Binary;
using System.Net.Sockets;
using HdrHistogram;

namespace CoopGrid.LoadTest.Wire;

/// <summary>
/// One connection with its streams, driven by one thread with blocking calls: read what has come, take note of every answer, start as many
/// new requests, and write them all at once. Nothing is allocated per request.
/// </summary>
internal sealed class WireConnection(WireOptions options, int number, TimeProvider clock) : IDisposable
{
    private const int Ring = 1 << 16, WindowBytes = 1 << 30;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 200 };
    private readonly byte[] _in = new byte[1 << 18];
    private readonly byte[] _out = new byte[1 << 18];
    private readonly StreamSlot[] _slots = new StreamSlot[Ring];
    private readonly RequestTemplate _template = new($"{options.Host}:{options.Port}", options.Path, Named(options, number));
    private byte[] _goodTrailers = [];
    private int _held;
    private int _written;
    private int _nextStream = 1;
    private int _open;
    private int _toStart;
    private long _key;
    private long _sendWindow = 65_535;
    private int _received;
    private bool _settled;
    private bool _stopping;
    private long _now;
    private long _measureFrom, _measureTo;

    public long[] Outcomes { get; } = new long[32];

    public long Failed { get; private set; }

    /// <summary>Calls that ended at any time and in any way.</summary>
    public long Ended { get; private set; }

    public int Unanswered => _open;

    public LongHistogram Latency { get; } = new(1, 60_000_000, 3);

    /// <summary>Connects and greets. Requests begin with <see cref="Run"/>.</summary>
    public void Connect()
    {
        _socket.Connect(options.Host, options.Port);
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.CopyTo(_out);
        _written = 24;
        // HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE 1 MiB.
        Span<byte> settings = Frame(18, FrameType.Settings, 0, 0);
        ReadOnlySpan<byte> values = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 16, 0, 0];
        values.CopyTo(settings);
        BinaryPrimitives.WriteInt32BigEndian(Frame(4, FrameType.WindowUpdate, 0, 0), WindowBytes);
        Flush();
    }

    /// <summary>Runs until the end of the measured time and then until all is answered.</summary>
    /// <param name="from">Timestamps of the measured time.</param>
    public void Run(long from, long to, long drainUntil)
    {
        (_measureFrom, _measureTo) = (from, to);
        _toStart = options.Streams;
        while (true)
        {
            _now = clock.GetTimestamp();
            _stopping |= _now >= to;
            if (_stopping && (_open == 0 || _now >= drainUntil)) return;
            if (!Receive()) continue;
            _now = clock.GetTimestamp();
            int used = 0;
            while (Next(_in.AsSpan(used, _held - used), out int length)) used += length;
            _in.AsSpan(used, _held - used).CopyTo(_in);
            _held -= used;
            _stopping |= _now >= to;
            StartAll();
            Flush();
        }
    }

    public void Dispose() => _socket.Dispose();

    private static Protocol.V1.AdmitRequest Named(WireOptions options, int number)
    {
        Protocol.V1.AdmitRequest prototype = options.Prototype.Clone();
        prototype.Key += $"{number}-";
        return prototype;
    }

    /// <returns>False if nothing came within the receive timeout.</returns>
    private bool Receive()
    {
        int count = _socket.Receive(_in.AsSpan(_held), SocketFlags.None, out SocketError error);
        if (error is SocketError.TimedOut or SocketError.WouldBlock or SocketError.TryAgain) return false;
        if (error != SocketError.Success || count == 0) throw new IOException($"The server closed the connection ({error}).");
        _held += count;
        return true;
    }

    /// <summary>Takes the next whole frame, if there is one.</summary>
    private bool Next(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < FrameType.HeaderBytes) return false;
        length = FrameType.HeaderBytes + ((bytes[0] << 16) | (bytes[1] << 8) | bytes[2]);
        if (bytes.Length < length) return false;
        int stream = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue;
        Take(bytes[3], bytes[4], stream, bytes[FrameType.HeaderBytes..length]);
        return true;
    }

    private void Take(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Data:
                TakeData(flags, stream, payload);
                break;
            case FrameType.Headers:
                TakeHeaders(flags, stream, payload);
                break;
            case FrameType.ResetStream:
                End(stream, good: false);
                break;
            case FrameType.Settings when (flags & FrameType.Ack) == 0:
                TakeSettings(payload);
                break;
            case FrameType.Ping when (flags & FrameType.Ack) == 0:
                payload.CopyTo(Frame(8, FrameType.Ping, FrameType.Ack, 0));
                break;
            case FrameType.WindowUpdate when stream == 0:
                _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
                break;
            case FrameType.GoAway:
                throw new IOException($"The server goes away (error {BinaryPrimitives.ReadInt32BigEndian(payload[4..])}).");
            case FrameType.Continuation:
                throw new InvalidDataException("The server's headers need more than one frame; this generator reads one.");
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> payload)
    {
        for (; payload.Length >= 6; payload = payload[6..])
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            if (payload[1] == 3 && value < options.Streams)
                throw new InvalidOperationException($"The server takes {value} streams a connection, {options.Streams} were asked for.");
        }

        Frame(0, FrameType.Settings, FrameType.Ack, 0);
        _settled = true;
    }

    private void TakeData(byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        _received += payload.Length;
        if (_received > WindowBytes / 2)
        {
            BinaryPrimitives.WriteInt32BigEndian(Frame(4, FrameType.WindowUpdate, 0, 0), _received);
            _received = 0;
        }

        if ((flags & FrameType.Padded) != 0) payload = payload[1..^payload[0]];
        _slots[Place(stream)].Take(payload);
        if ((flags & FrameType.EndStream) != 0) End(stream, good: false);
    }

    private void TakeHeaders(byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        if ((flags & FrameType.EndHeaders) == 0) throw new InvalidDataException("The server's headers need more than one frame; this generator reads one.");
        if ((flags & FrameType.EndStream) == 0) return;
        if ((flags & FrameType.Padded) != 0) payload = payload[1..^payload[0]];
        if ((flags & FrameType.Priority) != 0) payload = payload[5..];
        bool good = payload.SequenceEqual(_goodTrailers);
        if (!good && HeaderBlock.Status(payload) == 0)
        {
            good = true;
            _goodTrailers = payload.ToArray();
        }

        End(stream, good);
    }

    private void End(int stream, bool good)
    {
        ref StreamSlot slot = ref _slots[Place(stream)];
        if (slot.Stream != stream) return;
        slot.Stream = 0;
        _open--;
        _toStart++;
        Ended++;
        if (_now < _measureFrom || _now >= _measureTo) return;
        if (!good)
        {
            Failed++;
            return;
        }

        Outcomes[Math.Min((int)slot.Outcome, Outcomes.Length - 1)]++;
        Latency.RecordValue(Math.Clamp((long)clock.GetElapsedTime(slot.Started, _now).TotalMicroseconds, 1, 60_000_000));
    }

    private void StartAll()
    {
        while (_toStart > 0 && _settled && !_stopping && _sendWindow >= _template.MessageBytes && _written + _template.MaxBytes < _out.Length)
        {
            ref StreamSlot slot = ref _slots[Place(_nextStream)];
            if (slot.Stream != 0) throw new IOException($"Stream {slot.Stream} is still without an answer after {Ring} others.");
            slot = new StreamSlot { Stream = _nextStream, Started = _now };
            int turn = (int)((_key + (number * 7919L)) % (options.Chosen?.Count ?? options.Members));
            int member = options.Chosen?[turn] ?? turn;
            _written += _template.Write(_out.AsSpan(_written), _nextStream, _nextStream == 1, _key++, member);
            _nextStream += 2;
            _sendWindow -= _template.MessageBytes;
            _open++;
            _toStart--;
        }
    }

    private static int Place(int stream) => (stream >> 1) & (Ring - 1);

    /// <summary>Appends a frame's header and returns the place of its payload.</summary>
    private Span<byte> Frame(int length, byte type, byte flags, int stream)
    {
        Span<byte> frame = _out.AsSpan(_written, FrameType.HeaderBytes + length);
        frame[0] = (byte)(length >> 16);
        frame[1] = (byte)((length >> 8) & 0xFF);
        frame[2] = (byte)(length & 0xFF);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], stream);
        _written += frame.Length;
        return frame[FrameType.HeaderBytes..];
    }

    private void Flush()
    {
        for (int sent = 0; sent < _written;) sent += _socket.Send(_out.AsSpan(sent, _written - sent));
        _written = 0;
    }
}
