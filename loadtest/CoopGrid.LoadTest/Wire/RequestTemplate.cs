using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using CoopGrid.Protocol.V1;
using Google.Protobuf;

namespace CoopGrid.LoadTest.Wire;

/// <summary>
/// One unary gRPC request as bytes on the wire, in which only the stream number, the key and the member change: a HEADERS and a DATA frame.
/// The first request of a connection puts its headers into the server's table, later ones only point there, as a real client's do.
/// </summary>
internal sealed class RequestTemplate
{
    private const int KeyDigits = 12, MemberDigits = 7;
    private const string KeyMark = "kkkkkkkkkkkk", MemberMark = "mmmmmmm";

    private readonly byte[] _first;
    private readonly byte[] _next;
    private readonly int _keyFromEnd;
    private readonly int _memberFromEnd;

    /// <param name="path">As in <c>/coopgrid.v1.Admission/Admit</c>.</param>
    /// <param name="prototype">The request; to its key and to its member the digits are appended.</param>
    public RequestTemplate(string authority, string path, AdmitRequest prototype)
    {
        AdmitRequest marked = prototype.Clone();
        marked.Key += KeyMark;
        marked.Member += MemberMark;
        byte[] message = marked.ToByteArray();
        MessageBytes = 5 + message.Length;
        _keyFromEnd = message.Length - message.AsSpan().IndexOf(Encoding.ASCII.GetBytes(KeyMark));
        _memberFromEnd = message.Length - message.AsSpan().IndexOf(Encoding.ASCII.GetBytes(MemberMark));
        _first = Frames(Indexing(authority, path), message);
        _next = Frames([0x83, 0x86, 0xC1, 0xC0, 0xBF, 0xBE], message);
    }

    /// <summary>What a request takes of the flow-control windows.</summary>
    public int MessageBytes { get; }

    /// <summary>The longest that one request gets.</summary>
    public int MaxBytes => _first.Length;

    /// <summary>Writes one request and returns its length.</summary>
    public int Write(Span<byte> target, int stream, bool first, long key, int member)
    {
        byte[] bytes = first ? _first : _next;
        Span<byte> request = target[..bytes.Length];
        bytes.CopyTo(request);
        int data = bytes.Length - MessageBytes - FrameType.HeaderBytes;
        BinaryPrimitives.WriteInt32BigEndian(request[5..], stream);
        BinaryPrimitives.WriteInt32BigEndian(request[(data + 5)..], stream);
        Utf8Formatter.TryFormat(key, request.Slice(bytes.Length - _keyFromEnd, KeyDigits), out _, new('D', KeyDigits));
        Utf8Formatter.TryFormat(member, request.Slice(bytes.Length - _memberFromEnd, MemberDigits), out _, new('D', MemberDigits));
        return bytes.Length;
    }

    private static byte[] Frames(byte[] headers, byte[] message)
    {
        using var bytes = new MemoryStream();
        Frame(bytes, headers.Length, FrameType.Headers, FrameType.EndHeaders);
        bytes.Write(headers);
        Frame(bytes, 5 + message.Length, FrameType.Data, FrameType.EndStream);
        Span<byte> prefix = stackalloc byte[5];
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], message.Length);
        bytes.Write(prefix);
        bytes.Write(message);
        return bytes.ToArray();
    }

    private static void Frame(MemoryStream bytes, int length, byte type, byte flags) =>
        bytes.Write([(byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags, 0, 0, 0, 0]);

    /// <summary>Headers as literals that the server keeps: the four land at places 65 down to 62 of its table (RFC 7541).</summary>
    private static byte[] Indexing(string authority, string path)
    {
        using var block = new MemoryStream();
        block.Write([0x83, 0x86]);
        block.WriteByte(0x44);
        Text(block, path);
        block.WriteByte(0x41);
        Text(block, authority);
        block.WriteByte(0x5F);
        Text(block, "application/grpc");
        block.WriteByte(0x40);
        Text(block, "te");
        Text(block, "trailers");
        return block.ToArray();
    }

    private static void Text(MemoryStream block, string text)
    {
        if (text.Length > 126) throw new ArgumentException($"'{text}' is too long for a header here.");
        block.WriteByte((byte)text.Length);
        block.Write(Encoding.ASCII.GetBytes(text));
    }
}
