using System.Net;
using CoopGrid.Client;
using CoopGrid.LoadTest.Ratio;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>A fake grid behind a real Kestrel on a free port of this process.</summary>
internal sealed class FakeHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHost(WebApplication app, FakeGrid grid) => (_app, Grid) = (app, grid);

    public FakeGrid Grid { get; }

    public int Port => EchoHost.PortOf(_app);

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public static async Task<FakeHost> StartAsync(FakeGrid? grid = null)
    {
        grid ??= new FakeGrid();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(grid);
        WebApplication app = builder.Build();
        app.MapGrpcService<FakeAdmission>();
        app.MapGrpcService<FakeBilling>();
        app.MapGrpcService<FakeClasses>();
        app.MapGrpcService<FakeGovernance>();
        app.MapGrpcService<FakeMarket>();
        app.MapGrpcService<FakeMembers>();
        app.MapGrpcService<FakeMetering>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FakeHost(app, grid);
    }

    /// <summary>A client of this host, and of others after it.</summary>
    public CoopGridClient Client(TimeSpan? deadline = null, params Uri[] others) => new(new CoopGridOptions
    {
        Addresses = [Address, .. others],
        Deadline = deadline ?? TimeSpan.FromSeconds(20),
        AttemptTimeout = TimeSpan.FromSeconds(10),
        FirstBackoff = TimeSpan.FromMilliseconds(2),
    });

    public async ValueTask DisposeAsync()
    {
        Grid.Stall?.TrySetResult();
        await _app.DisposeAsync();
    }
}
