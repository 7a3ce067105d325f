using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CoopGrid.LoadTest.Ratio;

/// <summary>A process of our own that ends with us. What it says goes to a file, except the first line that is waited for.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamWriter _log;
    private readonly Lock _lock = new();

    private Child(ProcessStartInfo start, string logPath)
    {
        _log = new StreamWriter(logPath) { AutoFlush = true };
        LogPath = logPath;
        _process = new Process { StartInfo = start };
    }

    public string LogPath { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Of all its threads since its start, in the kernel's ticks of 10 ms.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public TimeSpan ProcessorTime => _process.TotalProcessorTime;

    /// <summary>Starts <c>dotnet DLL arguments</c> with settings in its environment.</summary>
    public static Child Start(string dll, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> settings, string logPath)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(dll);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in settings) start.Environment[name] = value;
        var child = new Child(start, logPath);
        child._process.OutputDataReceived += (_, line) => child.Take(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Take(line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The rest of the first line that starts with "listening on".</summary>
    public async Task<int> PortAsync(TimeSpan patience) => int.Parse(
        (await _ready.Task.WaitAsync(patience, TimeProvider.System)).Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; 128 + N if signal N ended it.</returns>
    /// <exception cref="TimeoutException">It lives on.</exception>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        await _process.WaitForExitAsync().WaitAsync(patience, TimeProvider.System);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        lock (_lock) _log.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) return;
        if (line.StartsWith("listening on ", StringComparison.Ordinal)) _ready.TrySetResult(line);
        lock (_lock) _log.WriteLine(line);
    }
}
