using System.CommandLine;
using CoopGrid.Client;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary>What all commands share: where the grid is, how to answer, and how errors are told.</summary>
internal sealed class Door
{
    private readonly IAnsiConsole _errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    public Option<string> Address { get; } = new("--address", "-a")
    {
        Description = "Where the grid listens; several silos separated by commas.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("COOPGRID_ADDRESS") ?? CoopGridOptions.DefaultAddress.ToString(),
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print the raw reply as JSON.", Recursive = true };

    /// <summary>Gives a command its deed, run with a client.</summary>
    public Command Bind(Command command, Func<CoopGridClient, ParseResult, CancellationToken, Task<int>> deed)
    {
        command.SetAction((parsed, stop) => RunAsync(parsed, deed, stop));
        return command;
    }

    /// <summary>Prints one reply: raw if that was asked for, otherwise the rows given.</summary>
    public void Print(ParseResult parsed, IMessage reply, Action human)
    {
        if (parsed.GetValue(Json)) Console.Out.WriteLine(JsonFormatter.Default.Format(reply));
        else human();
    }

    public void Error(string text) => _errors.MarkupLineInterpolated($"[red]{text}[/]");

    private async Task<int> RunAsync(
        ParseResult parsed, Func<CoopGridClient, ParseResult, CancellationToken, Task<int>> deed, CancellationToken stop)
    {
        string address = parsed.GetValue(Address)!;
        try
        {
            using var client = new CoopGridClient(CoopGridOptions.For(address));
            return await deed(client, parsed, stop);
        }
        catch (UriFormatException)
        {
            Error($"--address {address}: not an address such as {CoopGridOptions.DefaultAddress}");
            return ExitCode.Failed;
        }
        catch (UsageException error)
        {
            Error(error.Message);
            return ExitCode.Failed;
        }
        catch (RpcException error)
        {
            if (stop.IsCancellationRequested) return ExitCode.Ok;
            Error(error.StatusCode == StatusCode.Unavailable
                ? $"No grid answers at {address}: {error.Status.Detail}"
                : $"{error.StatusCode}: {error.Status.Detail}");
            return ExitCode.Of(error.StatusCode);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }
}

/// <summary>What was typed cannot be meant; the message says what may be.</summary>
internal sealed class UsageException(string message) : Exception(message);
