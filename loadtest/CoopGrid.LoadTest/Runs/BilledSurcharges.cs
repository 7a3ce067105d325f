using CoopGrid.Client;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Runs;

/// <summary>What members are charged for surge, as the books have it.</summary>
internal static class BilledSurcharges
{
    private static readonly ParallelOptions SideBySide = new() { MaxDegreeOfParallelism = 32 };

    /// <summary>The sum of the surcharge lines on the projected bills of these members.</summary>
    public static async Task<long> OfAsync(CoopGridClient client, string coop, IEnumerable<string> members)
    {
        long sum = 0;
        await Parallel.ForEachAsync(members, SideBySide, async (member, stop) =>
        {
            Bill bill = await client.Billing.GetProjectedBillAsync(coop, member, stop);
            Interlocked.Add(ref sum, bill.Lines.Where(line => line.Kind == BillLineKind.Surcharge).Sum(line => line.AmountMicroCredits));
        });
        return sum;
    }
}
