using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>Keys kept as bytes, against the obvious list of admissions.</summary>
public sealed class KeyMemoryTests
{
    private const string Seed = "0000KeyMem01";

    private enum Deed
    {
        Remember,
        RememberAgain,
        GiveBack,
        Forget,
        ForgetAll,
    }

    [Fact]
    public void It_answers_as_a_list_of_admissions_would()
    {
        Gen<(Deed, int)[]> deeds = Gen.Select(
            Gen.Frequency(
                (30, Gen.Const(Deed.Remember)), (3, Gen.Const(Deed.RememberAgain)), (5, Gen.Const(Deed.GiveBack)), (4, Gen.Const(Deed.Forget)),
                (1, Gen.Const(Deed.ForgetAll))),
            Gen.Int[0, 120]).Array[0, 400];
        deeds.Sample(Play, seed: Seed, iter: 300);
    }

    [Fact]
    public void Many_keys_are_found_and_forgotten()
    {
        const int Many = 20_000;
        var memory = new KeyMemory();
        for (int i = 1; i <= Many; i++) memory.Remember(Admission(i, $"key {i}", 0));
        for (int i = 1; i <= Many; i++) Assert.Equal(i, memory.Find($"key {i}")!.Admitted.Sequence);
        Assert.Null(memory.Find("key 0"));

        memory.Forget(At(Many));
        Assert.Equal(1, memory.Count);
        Assert.Null(memory.Find($"key {Many - 1}"));
        Assert.Equal(Many, memory.Find($"key {Many}")!.Admitted.Sequence);
    }

    private static void Play((Deed Deed, int Number)[] deeds)
    {
        var memory = new KeyMemory();
        var oracle = new List<Remembered>();
        long sequence = 0;
        foreach ((Deed deed, int number) in deeds)
        {
            switch (deed)
            {
                case Deed.Remember:
                    // Names of all lengths, so that records end anywhere in a block.
                    Admitted admitted = Admission(++sequence, $"{sequence}-{new string('é', number / 2)}", number);
                    memory.Remember(admitted);
                    oracle.Add(new(admitted, 0));
                    break;
                case Deed.RememberAgain when oracle.Count > 0:
                    Admitted again = Admission(++sequence, oracle[number % oracle.Count].Admitted.Key, 7);
                    memory.Remember(again);
                    oracle.RemoveRange(0, (number % oracle.Count) + 1);
                    oracle.Add(new(again, 0));
                    break;
                case Deed.GiveBack when oracle.Count > 0:
                    int place = number % oracle.Count;
                    oracle[place] = oracle[place] with { ReturnedUnits = number };
                    memory.GiveBack(oracle[place].Admitted.Key, number);
                    break;
                case Deed.Forget or Deed.ForgetAll:
                    Instant horizon = At(deed == Deed.ForgetAll ? sequence + 1 : sequence - number);
                    oracle.RemoveAll(key => key.Admitted.At < horizon);
                    memory.Forget(horizon);
                    break;
            }

            Assert.Equal(oracle.Count, memory.Count);
        }

        Assert.Equal(oracle, memory.OldestFirst());
        Assert.Equal(oracle.Where(key => key.Admitted.Sequence > sequence / 2), memory.After(sequence / 2));
        Assert.Equal(oracle.Where(key => key.ReturnedUnits > 0), memory.GivenBack());
        foreach (Remembered key in oracle) Assert.Equal(key, memory.Find(key.Admitted.Key));
        Assert.Null(memory.Find("no such key"));
    }

    internal static Instant At(long number) => new(number * 1_000_000);

    internal static Admitted Admission(long sequence, string key, long units) =>
        new(sequence, At(sequence), sequence / 10, 1, key, 42, "standard", 1250, new(1, 2, 3, 4, units), 100, 5, 7, "relay");
}
