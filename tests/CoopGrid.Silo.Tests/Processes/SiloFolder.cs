using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>One grid's temporary folder: its data, its charter, and the settings that its silos are started with.</summary>
internal sealed class SiloFolder : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coopgrid-silo-");
    private readonly List<SiloProcess> _silos = [];

    /// <summary>A folder whose silos are founded by this charter.</summary>
    public SiloFolder(string charter)
    {
        DataPath = Path.Combine(_folder.FullName, "data");
        Settings["CoopGrid__DataPath"] = DataPath;
        UseCharter(charter);
    }

    public string DataPath { get; }

    public string Ledger => Path.Combine(DataPath, "ledger.db");

    /// <summary>The program that the silos to come are.</summary>
    public string Program { get; init; } = "CoopGrid.Silo";

    /// <summary>Environment variables of the silos to come.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>Gives the silos to come another charter.</summary>
    public void UseCharter(string charter)
    {
        string file = Path.Combine(_folder.FullName, "charter.json");
        File.WriteAllText(file, charter);
        Settings["CoopGrid__Charter"] = file;
    }

    /// <summary>Starts a silo on the folder and returns while it starts.</summary>
    /// <param name="change">What is set otherwise for this silo.</param>
    public SiloProcess Launch(Action<Dictionary<string, string>>? change = null)
    {
        int[] ports = FreePorts();
        var settings = new Dictionary<string, string>(Settings)
        {
            ["CoopGrid__Grpc__Port"] = $"{ports[0]}",
            ["CoopGrid__Http__Port"] = $"{ports[1]}",
            ["CoopGrid__Silo__Port"] = $"{ports[2]}",
            ["CoopGrid__Silo__GatewayPort"] = "0",
        };
        change?.Invoke(settings);
        var silo = new SiloProcess(settings, ports[0], ports[1], Program);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts a silo and waits until it serves.</summary>
    public async Task<SiloProcess> StartAsync()
    {
        SiloProcess silo = Launch();
        await silo.Serving();
        return silo;
    }

    /// <summary>Has the silo's program export the ledger, whether silos run or not.</summary>
    /// <param name="what">Members' entries, or with <c>slots</c> the books of slots.</param>
    /// <returns>Its exit code, and what it said.</returns>
    public async Task<(int Code, string Said)> ExportAsync(string file, string what = "export")
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [SiloProcess.AssemblyOf("CoopGrid.Silo"), "ledger", what, Charters.Coop, file])
        {
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in Settings) start.Environment[name] = value;
        using Process export = Process.Start(start)!;
        string said = await export.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await export.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (export.ExitCode, said);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloProcess silo in _silos) await silo.DisposeAsync();
        foreach (FileInfo file in _folder.EnumerateFiles("*", SearchOption.AllDirectories)) file.Attributes &= ~FileAttributes.ReadOnly;
        _folder.Delete(recursive: true);
    }

    // Held side by side until all are known, so that they differ.
    private static int[] FreePorts()
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, 3).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners) listener.Dispose();
        return ports;
    }
}
