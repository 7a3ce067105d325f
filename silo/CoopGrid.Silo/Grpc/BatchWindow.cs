using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// Answers of one stream in the order of its batches, with a bounded number of them under way: a relay that does not read its answers
/// is not read from either.
/// </summary>
/// <param name="answers">Where they go.</param>
/// <param name="reading">Cancelled when a batch cannot be answered: nothing after it will be.</param>
/// <param name="cancellation">The caller's.</param>
internal sealed class BatchWindow(
    IServerStreamWriter<AdmitBatchReply> answers, CancellationTokenSource reading, CancellationToken cancellation) : IDisposable
{
    private const int MaxUnderWay = 64;

    private readonly SemaphoreSlim _places = new(MaxUnderWay);
    private Task _written = Task.CompletedTask;

    /// <summary>Takes a batch that is being decided; waits while too many are.</summary>
    public async Task Add(Task<AdmitBatchReply> decided)
    {
        await _places.WaitAsync(cancellation);
        _written = WriteAfter(_written, decided);
    }

    /// <summary>Waits until everything is answered.</summary>
    public Task Drain() => _written;

    public void Dispose() => _places.Dispose();

    private async Task WriteAfter(Task before, Task<AdmitBatchReply> decided)
    {
        try
        {
            await before;
            await answers.WriteAsync(await decided, cancellation);
        }
        catch
        {
            await reading.CancelAsync();
            throw;
        }
        finally
        {
            _places.Release();
        }
    }
}
