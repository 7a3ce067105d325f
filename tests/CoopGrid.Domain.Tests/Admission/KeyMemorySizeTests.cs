using CoopGrid.Domain.Admission;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>What keys take on the heap. Alone in the process meanwhile: the heap is everybody's.</summary>
[Collection(Alone)]
public sealed class KeyMemorySizeTests
{
    internal const string Alone = "alone on the heap";

    [Fact]
    public void What_is_forgotten_gives_its_memory_back()
    {
        // A window of 20 keys moves over 200,000: without the blocks' release it would hold 20 MB.
        var memory = new KeyMemory();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 1; i <= 200_000; i++)
        {
            memory.Remember(KeyMemoryTests.Admission(i, $"key {i}", 0));
            memory.Forget(KeyMemoryTests.At(i - 20));
        }

        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(21, memory.Count);
        Assert.True(grown < 1_000_000, $"{grown} bytes are held for 21 keys");
    }

    [Fact]
    public void Ten_keys_take_little()
    {
        const int Members = 2000;
        var memories = new KeyMemory[Members];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int member = 0; member < Members; member++)
        {
            memories[member] = new KeyMemory();
            for (int i = 1; i <= 10; i++) memories[member].Remember(KeyMemoryTests.Admission(i, $"a key of thirty characters {i:D3}", 0));
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Members;
        GC.KeepAlive(memories);
        Assert.True(each < 1400, $"ten keys take {each} bytes");
    }

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class Heap;
}
