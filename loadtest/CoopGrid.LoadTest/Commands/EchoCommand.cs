using System.CommandLine;
using CoopGrid.LoadTest.Ratio;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>echo</c>: the bare gRPC service that <c>ratio</c> compares with, until Ctrl-C.</summary>
internal static class EchoCommand
{
    public static Command Build()
    {
        var port = new Option<int>("--port") { Description = "Where to listen; 0 = a free port, which is printed." };
        var command = new Command("echo", "A bare gRPC unary service of Admit's messages, until Ctrl-C.") { port };
        command.SetAction((parsed, stop) => Guard.RunAsync(async () =>
        {
            await using WebApplication app = await EchoHost.StartAsync(parsed.GetValue(port));
            Console.Out.WriteLine($"listening on {EchoHost.PortOf(app)}");
            await app.WaitForShutdownAsync(stop);
            return 0;
        }));
        return command;
    }
}
