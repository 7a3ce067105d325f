using CoopGrid.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>Waits for conditions, never for time.</summary>
internal static class Until
{
    /// <summary>How long anything may take on a busy machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    public static Task True(Func<bool> condition, string missing) => True(() => Task.FromResult(condition()), () => missing);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="missing">What is missing, said at the deadline.</param>
    public static async Task True(Func<Task<bool>> condition, Func<string> missing)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline) throw new TimeoutException($"Still missing: {missing()}");
            await Task.Delay(LookEvery, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until there is room: a class's buckets are empty when its silo starts.</summary>
    public static async Task<AdmitReply> Admitted(SiloClients clients, AdmitRequest request)
    {
        AdmitReply? reply = null;
        await True(
            async () => (reply = await Asked(clients, request))?.Outcome is not (null or Outcome.CapacityExceeded),
            () => $"room for {request}; last was {reply}");
        Assert.Equal(Outcome.Admitted, reply!.Outcome);
        return reply;
    }

    /// <summary>The answer, or null if no decision is known: on a busy machine that may be for want of a second's processor, and the same key is to be asked again.</summary>
    public static async Task<AdmitReply?> Asked(SiloClients clients, AdmitRequest request)
    {
        try
        {
            return await clients.Admission.AdmitAsync(request);
        }
        catch (RpcException unknown) when (unknown.StatusCode == StatusCode.Unavailable)
        {
            return null;
        }
    }

    /// <summary>The task, or a failure that says what is missing.</summary>
    public static async Task<T> Soon<T>(this Task<T> task, string missing)
    {
        try
        {
            return await task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Still missing: {missing}");
        }
    }
}
