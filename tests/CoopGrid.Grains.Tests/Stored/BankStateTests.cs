using System.Text.Json;
using CoopGrid.Grains.Usage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>What classes and members store of banks, byte for byte as it was first released (<see cref="StateTests"/>).</summary>
public sealed class BankStateTests
{
    private static readonly OrleansGrainStorageSerializer Serializer =
        new(new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>());

    [Fact]
    public void A_classs_history() => Check("history", new StoredBankHistory
    {
        Terms =
        [
            new(499_000, false, 50_000, 168, new() { SharePermille = 500, CapUnits = 25_000, DecayPermille = 100 }),
            new(499_800, true, 60_000, 168, new() { SharePermille = 0, CapUnits = 25_000, DecayPermille = 1000 }),
        ],
        Runs = [new(499_000, true), new(499_017, false), new(499_022, true)],
        FinalThrough = 499_900,
    });

    [Fact]
    public void A_members_sums_of_an_epoch() => Check(
        "sums",
        new StoredEpochSums
        {
            Number = 676,
            First = 499_056,
            End = 499_800,
            Units = 40,
            CountedSlices = 12,
            LeftIn = 499_067,
            Surged = [new(2, 1500, 8)],
            DecayedUnits = 7,
        });

    [Fact]
    public void A_class_keeps_its_history()
    {
        var history = Serializer.Deserialize<StoredBankHistory>(Golden.Read("states-bank-v1.hex")["history"])!;
        ClassCheckpoint read = Serializer.Deserialize<ClassCheckpoint>(Serializer.Serialize(new ClassCheckpoint { OpenSlice = 499_901, Bank = history }))!;
        Assert.Equal(JsonSerializer.Serialize(history), JsonSerializer.Serialize(read.Bank));
        Assert.Equal(JsonSerializer.Serialize(history), JsonSerializer.Serialize(StoredBankHistory.From(history.ToSnapshot())));
    }

    /// <summary>Before there were banks.</summary>
    [Fact]
    public void A_class_of_the_fourth_version_has_none()
    {
        Assert.Null(Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v4.hex")["class"])!.Bank);
        Assert.All(Serializer.Deserialize<MemberCheckpoint>(Golden.Read("states-v4.hex")["member"])!.Epochs, sums => Assert.Equal(0, sums.DecayedUnits));
    }

    private static void Check<T>(string name, T example)
    {
        byte[] golden = Golden.Read("states-bank-v1.hex")[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(Serializer.Serialize(example)));
        Assert.Equal(JsonSerializer.Serialize(example), JsonSerializer.Serialize(Serializer.Deserialize<T>(golden)));
    }
}
