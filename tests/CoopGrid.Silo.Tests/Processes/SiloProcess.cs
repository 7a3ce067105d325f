using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>One silo as a process of its own: <c>dotnet CoopGrid.Silo.dll</c> from the silo's build output, or another program that is one.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int LongestLine = 400;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly Lock _logging = new();
    private readonly Uri _health;
    private readonly EventHandler _onExit;

    /// <summary>Starts the process; <see cref="Serving"/> waits for it.</summary>
    public SiloProcess(IReadOnlyDictionary<string, string> settings, int grpcPort, int httpPort, string program = "CoopGrid.Silo")
    {
        // A shell that ignores SIGXFSZ: a limit on file sizes is then an error of the write, as a full disk is.
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo("/bin/sh", ["-c", "trap '' XFSZ; exec \"$0\" \"$1\"", dotnet, AssemblyOf(program)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_gcServer"] = "0";
        foreach ((string name, string value) in settings) start.Environment[name] = value;
        Address = new($"http://127.0.0.1:{grpcPort}");
        Clients = new(grpcPort);
        _health = new($"http://127.0.0.1:{httpPort}/health");
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _onExit = (_, _) => _process.Kill();
        AppDomain.CurrentDomain.ProcessExit += _onExit;
    }

    public SiloClients Clients { get; }

    /// <summary>Where relays ask it.</summary>
    public Uri Address { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has written to standard output and error.</summary>
    public string Log
    {
        get
        {
            lock (_logging) return _log.ToString();
        }
    }

    /// <summary>Waits until it says that it is healthy.</summary>
    public Task Serving() => Until.True(
        async () => await IsHealthy() || (HasExited ? throw new InvalidOperationException($"The silo ended at its start:\n{Log}") : false),
        () => $"a healthy silo; it wrote:\n{Log}");

    /// <summary>Waits until its log holds a text.</summary>
    public Task Wrote(string text) => Until.True(
        () => Task.FromResult(Log.Contains(text, StringComparison.Ordinal) || (HasExited ? throw new InvalidOperationException($"The silo ended before it wrote '{text}':\n{Log}") : false)),
        () => $"'{text}' in the silo's log:\n{Log}");

    /// <summary>SIGKILL, and waits for its end.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, without waiting.</summary>
    public void Terminate() => Assert.Equal(0, Signal(_process.Id, SigTerm));

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Until.Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Still missing: the silo's end; it wrote:\n{Log}");
        }

        return _process.ExitCode;
    }

    /// <summary>Whether it says now that it is healthy.</summary>
    public async Task<bool> IsHealthy()
    {
        try
        {
            using HttpResponseMessage reply = await Http.GetAsync(_health, TestContext.Current.CancellationToken);
            return reply.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= _onExit;
        Clients.Dispose();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    /// <summary>…/bin/CoopGrid.Silo.Tests/debug → …/bin/CoopGrid.Silo/debug.</summary>
    internal static string AssemblyOf(string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, program, here.Name, $"{program}.dll");
    }

    private void Write(string? line)
    {
        // A stack trace is one long line of the console's; its beginning tells.
        lock (_logging) _log.AppendLine(line is { Length: > LongestLine } ? line[..LongestLine] : line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
