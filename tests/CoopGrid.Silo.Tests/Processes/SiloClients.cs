using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>The generated clients of one silo, on one channel that does not retry by itself. Every call has a deadline.</summary>
internal sealed class SiloClients : IDisposable
{
    private readonly GrpcChannel _channel;

    public SiloClients(int port)
    {
        Address = $"http://127.0.0.1:{port}";
        _channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
        });
        CallInvoker calls = _channel.Intercept(new Deadline());
        Admission = new(calls);
        Classes = new(calls);
        Governance = new(calls);
        Members = new(calls);
        Metering = new(calls);
        Market = new(calls);
        Billing = new(calls);
    }

    public string Address { get; }

    public Admission.AdmissionClient Admission { get; }

    public Classes.ClassesClient Classes { get; }

    public Protocol.V1.Governance.GovernanceClient Governance { get; }

    public Members.MembersClient Members { get; }

    public Metering.MeteringClient Metering { get; }

    public Protocol.V1.Market.MarketClient Market { get; }

    public Billing.BillingClient Billing { get; }

    public void Dispose() => _channel.Dispose();

    private sealed class Deadline : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Limited(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(Limited(context));

        private static ClientInterceptorContext<TRequest, TResponse> Limited<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class =>
            new(context.Method, context.Host, context.Options.WithDeadline((TimeProvider.System.GetUtcNow() + Until.Deadline).UtcDateTime));
    }
}
