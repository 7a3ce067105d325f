using CoopGrid.Protocol.V1;
using Grpc.Net.Client;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>The generated clients of one silo, on one channel that does not retry by itself.</summary>
internal sealed class SiloClients : IDisposable
{
    private readonly GrpcChannel _channel;

    public SiloClients(int port)
    {
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
        });
        Admission = new(_channel);
        Classes = new(_channel);
        Members = new(_channel);
        Metering = new(_channel);
    }

    public Admission.AdmissionClient Admission { get; }

    public Classes.ClassesClient Classes { get; }

    public Members.MembersClient Members { get; }

    public Metering.MeteringClient Metering { get; }

    public void Dispose() => _channel.Dispose();
}
