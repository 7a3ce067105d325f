using CoopGrid.Domain.Tests.Admission;
using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>What a member's window takes on the heap. Alone in the process meanwhile: the heap is everybody's.</summary>
[Collection(KeyMemorySizeTests.Alone)]
public sealed class WindowSizeTests
{
    private const int Slices = 168;
    private const int Members = 1000;

    /// <summary>
    /// As many members' windows, after rolling on for a week and more. Seen to fail with 16 bytes a slice (2,768 in a full window), and
    /// with an array that doubles.
    /// </summary>
    [Theory]
    [InlineData(1, 5_000, 80)]
    [InlineData(24, 5_000, 160)]
    [InlineData(Slices, 4, 300)]
    [InlineData(Slices, 5_000, 480)]
    [InlineData(Slices, 1_000_000, 680)]
    public void A_window_takes_few_bytes_for_each_slice_it_holds(int used, int mostUnits, int bytes)
    {
        var windows = new MemberWindow[Members];
        var random = new Random(20261123);
        Made(used, mostUnits, random);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int member = 0; member < Members; member++) windows[member] = Made(used, mostUnits, random);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Members;
        foreach (MemberWindow window in windows) Assert.Equal(used, window.Count);
        Assert.True(each <= bytes, $"{used} slices take {each} bytes");
    }

    [Fact]
    public void A_restored_window_takes_no_more()
    {
        MemberWindow made = Made(Slices, 5_000, new Random(1));
        SliceUnits[] held = [.. made.Held];
        var windows = new MemberWindow[Members];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int member = 0; member < Members; member++) windows[member] = MemberWindow.Restore(Slices, made.Newest, held);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Members;
        Assert.Equal(held, windows[^1].Held);
        Assert.True(each <= 480, $"{Slices} slices take {each} bytes");
    }

    [Fact]
    public void A_window_in_use_allocates_nothing()
    {
        var window = new MemberWindow(Slices);
        for (long slice = 0; slice < Slices; slice++) window.Add(slice, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (long slice = Slices; slice < 1000; slice++)
        {
            for (int i = 0; i < 10; i++) window.Add(slice, 6);
            window.Add(slice - 5, -1);
            Assert.True(window.UsageAt(slice + 1) > 0);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    /// <summary>Seen to fail with bytes behind a shorter record not cleared.</summary>
    [Fact]
    public void A_member_that_went_quiet_gives_its_array_back()
    {
        long quiet = Taken(window => window.Roll(500_000));
        Assert.True(quiet <= 80, $"a window that all has left takes {quiet} bytes");
        long cancelled = Taken(Cancel);
        Assert.True(cancelled <= 80, $"a window of which all is cancelled takes {cancelled} bytes");
    }

    private static void Cancel(MemberWindow window)
    {
        foreach (SliceUnits slice in window.Held) window.Add(slice.Slice, -slice.Units);
    }

    private static long Taken(Action<MemberWindow> leave)
    {
        var windows = new MemberWindow[Members];
        leave(Made(Slices, 5_000, new Random(1)));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int member = 0; member < Members; member++) leave(windows[member] = Made(Slices, 5_000, new Random(1)));
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Members;
        foreach (MemberWindow window in windows) Assert.Equal((0, 0L), (window.Count, window.Usage));
        return each;
    }

    /// <summary>A window with units in the last slices only, or one that has been full for a while.</summary>
    private static MemberWindow Made(int used, int mostUnits, Random random)
    {
        const long Now = 490_000;
        var window = new MemberWindow(Slices);
        for (long slice = Now - (used < Slices ? used : 2 * Slices) + 1; slice <= Now; slice++)
        {
            for (int request = 0; request < 4; request++) window.Add(slice, random.Next(mostUnits / 4) + 1);
        }

        return window;
    }
}
