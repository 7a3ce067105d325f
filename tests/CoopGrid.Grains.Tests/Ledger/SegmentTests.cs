using System.Buffers.Binary;
using System.IO.Hashing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Ledger;

public sealed class SegmentTests
{
    private static readonly ClassId Homes = new("isle", "homes");

    [Fact]
    public void Version_1_is_written_and_read_as_it_was_first_released()
    {
        using var reader = new StreamReader(typeof(SegmentTests).Assembly.GetManifestResourceStream("segment-v1.hex")!);
        string golden = reader.ReadToEnd().Trim();
        Assert.Equal(golden, Convert.ToHexStringLower(Example().Bytes.Span));

        SegmentReader segment = SegmentReader.Read(new(3, 300, Convert.FromHexString(golden)));
        Assert.Equal([new(Homes, 489_000, -7, 0), new(new("port", "relays"), -1, long.MaxValue, 1)], segment.Deltas);
        Assert.Equal([new(Homes, 489_001)], segment.Marks);
        Assert.Equal([new("isle", "Zoë"), new("port", "0x1f"), new("isle", "Zoë")], segment.Entries.Select(entry => entry.Member));
        Assert.Equal(["0102ff", "", "2a"], segment.Entries.Select(entry => Convert.ToHexStringLower(entry.Bytes.Span)));
    }

    /// <summary>Window units and late units make a segment of the second version; nothing else does.</summary>
    [Fact]
    public void Version_2_is_written_and_read_as_it_was_first_released()
    {
        string golden = Released("segment-v2.hex");
        var writer = new SegmentWriter(4096, 10);
        ClassDelta[] deltas = [new(Homes, 489_000, 0, 0, WindowUnits: -7), new(Homes, 489_001, 0, -1), new(Homes, 480_000, 3, 0, LateUnits: 9)];
        Assert.True(writer.TryAppend(new("isle", "Zoë"), [1, 2, 255], deltas, null));
        Assert.Equal(golden, Convert.ToHexStringLower(writer.Close(3, 300).Bytes.Span));
        Assert.Equal(deltas, SegmentReader.Read(new(3, 300, Convert.FromHexString(golden))).Deltas);
    }

    private static string Released(string name)
    {
        using var reader = new StreamReader(typeof(SegmentTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().Trim();
    }

    [Fact]
    public void Any_flipped_bit_is_found()
    {
        // Seen to fail with the checksum not compared.
        byte[] bytes = Example().Bytes.ToArray();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            LedgerCorruptException corrupt = Assert.Throws<LedgerCorruptException>(() => SegmentReader.Read(new(3, 300, bytes)));
            Assert.Contains("segment 300 of producer 3: its checksum", corrupt.Message, StringComparison.Ordinal);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Any_missing_end_is_found()
    {
        byte[] bytes = Example().Bytes.ToArray();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<LedgerCorruptException>(() => SegmentReader.Read(new(3, 300, bytes.AsMemory(0, length))));
    }

    [Fact]
    public void Nonsense_with_a_right_checksum_is_found()
    {
        // Seen to fail with the checks of counts and lengths taken out: other exceptions, or gigabytes asked for.
        var random = new Random(20_26);
        byte[] good = Example().Bytes.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. good];
            for (int i = 0; i < 3; i++) bytes[random.Next(1, bytes.Length - 8)] = (byte)random.Next(256);
            Rehash(bytes);
            try
            {
                SegmentReader.Read(new(3, 300, bytes));
            }
            catch (LedgerCorruptException corrupt)
            {
                Assert.Equal((3, 300), (corrupt.Producer, corrupt.Position));
            }
        }
    }

    [Fact]
    public void An_unknown_version_is_refused()
    {
        byte[] bytes = Example().Bytes.ToArray();
        bytes[0] = 3;
        Rehash(bytes);
        LedgerCorruptException refused = Assert.Throws<LedgerCorruptException>(() => SegmentReader.Read(new(3, 300, bytes)));
        Assert.Contains("its version is 3, this program knows 1 and 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_in_another_place_is_found()
    {
        Assert.Throws<LedgerCorruptException>(() => SegmentReader.Read(new(3, 301, Example().Bytes)));
        Assert.Throws<LedgerCorruptException>(() => SegmentReader.Read(new(4, 300, Example().Bytes)));
    }

    [Fact]
    public void Whatever_is_gathered_is_read_back()
    {
        var random = new Random(7);
        var writer = new SegmentWriter(1 << 20, 1000);
        for (int round = 1; round <= 200; round++)
        {
            var sums = new Dictionary<(ClassId, long), (long, long)>();
            var entries = new List<(MemberId, string)>();
            for (int i = random.Next(1, 60); i > 0; i--)
            {
                ClassDelta delta = new(new($"c{random.Next(3)}", $"k{random.Next(3)}"), random.Next(-2, 2), random.Next(-3, 4), random.Next(-1, 2));
                (long units, long members) = sums.GetValueOrDefault((delta.Class, delta.Slice));
                sums[(delta.Class, delta.Slice)] = (units + delta.Units, members + delta.Members);
                byte[] bytes = new byte[random.Next(300)];
                random.NextBytes(bytes);
                MemberId member = new($"c{random.Next(3)}", new string('é', random.Next(1, 60)));
                Assert.True(writer.TryAppend(member, bytes, [delta], null));
                entries.Add((member, Convert.ToHexString(bytes)));
            }

            SegmentReader segment = SegmentReader.Read(new(1, round, writer.Close(1, round).Bytes));
            Assert.Equal(entries, segment.Entries.Select(entry => (entry.Member, Convert.ToHexString(entry.Bytes.Span))));
            Assert.Equal(
                sums.Where(sum => sum.Value != (0, 0)).OrderBy(sum => sum.Key.ToString()),
                segment.Deltas.ToDictionary(d => (d.Class, d.Slice), d => (d.Units, d.Members)).OrderBy(sum => sum.Key.ToString()));
            writer.Clear();
        }
    }

    [Fact]
    public void Of_two_marks_for_a_class_the_higher_stands()
    {
        var writer = new SegmentWriter(1 << 20, 1000);
        Assert.Equal(0, writer.Count);
        writer.Mark(new(Homes, 5));
        writer.Mark(new(Homes, 4));
        Assert.Equal(1, writer.Count);
        Assert.Equal([new(Homes, 5)], writer.Close(1, 1).Marks);
    }

    [Fact]
    public void A_name_that_is_not_Unicode_is_refused_and_leaves_nothing_behind()
    {
        var writer = new SegmentWriter(1 << 20, 1000);
        Assert.ThrowsAny<ArgumentException>(() => writer.TryAppend(new("isle", "\ud800"), [1], [new(Homes, 1, 1, 1)], null));
        Assert.Equal(0, writer.Count);
        Assert.Empty(SegmentReader.Read(new(1, 1, writer.Close(1, 1).Bytes)).Entries);
    }

    private static Segment Example()
    {
        var writer = new SegmentWriter(1 << 20, 1000);
        writer.TryAppend(new("isle", "Zoë"), [1, 2, 255], [new(Homes, 489_000, 5, 0)], null);
        writer.TryAppend(new("port", "0x1f"), [], [new(new("port", "relays"), -1, long.MaxValue, 1)], null);
        writer.TryAppend(new("isle", "Zoë"), [42], [new(Homes, 489_000, -12, 0), new(Homes, 489_002, 0, 0)], null);
        writer.Mark(new(Homes, 489_001));
        return writer.Close(3, 300);
    }

    private static void Rehash(byte[] bytes) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan()[^8..], XxHash3.HashToUInt64(bytes.AsSpan()[..^8]));
}
