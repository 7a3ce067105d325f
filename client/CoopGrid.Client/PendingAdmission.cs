using CoopGrid.Protocol.V1;

namespace CoopGrid.Client;

/// <summary>A request on its way through an <see cref="AdmissionStream"/>.</summary>
internal sealed class PendingAdmission(AdmitRequest request, CoopGridOptions options)
{
    private readonly TaskCompletionSource<AdmissionAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AdmitRequest Request => request;

    public Who Who { get; } = Who.Of(request);

    public Patience Patience { get; } = new(options);

    public Task<AdmissionAnswer> Answer => _answer.Task;

    public void Settle(AdmitReply reply) => _answer.TrySetResult(new AdmissionAnswer(reply, Patience.Attempts));

    public void Fail(Exception error) => _answer.TrySetException(error);
}
