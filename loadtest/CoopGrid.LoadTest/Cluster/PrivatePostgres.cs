using System.Diagnostics;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>How a PostgreSQL server is shut down.</summary>
public enum PostgresShutdown
{
    /// <summary>Sessions are ended, then it writes its checkpoint.</summary>
    Fast,

    /// <summary>Without a checkpoint: it recovers from its log at the next start, as after a crash.</summary>
    Immediate,
}

/// <summary>
/// A PostgreSQL server of our own: in a folder of its own, on a free port of 127.0.0.1, without passwords, with fsync on. It keeps its port over
/// restarts. It ends with this object, or with this process, and takes its folder with it if it made it.
/// </summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private const string StillInUse = "is still in use";

    private readonly PostgresPrograms _programs;
    private readonly bool _ownFolder;
    private readonly EventHandler _onExit;
    private Process? _process;
    private bool _frozen;

    private PrivatePostgres(PostgresPrograms programs, string folder, bool ownFolder)
    {
        (_programs, Folder, _ownFolder) = (programs, folder, ownFolder);
        _onExit = (_, _) =>
        {
            if (!IsRunning) return;
            if (_frozen) Thaw();
            Signals.Send(ProcessId, Signal.Quit);
        };
        AppDomain.CurrentDomain.ProcessExit += _onExit;
    }

    /// <summary>Holds its data, its log and its socket.</summary>
    public string Folder { get; }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; } = FreePorts.Next();

    /// <summary>Whether the server's process lives.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The postmaster, dead or alive.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server was never started.");

    /// <summary>What the server wrote, of all its lives.</summary>
    public string LogPath => Path.Combine(Folder, "server.log");

    private string Data => Path.Combine(Folder, "data");

    /// <summary>Makes a new, empty server and starts it.</summary>
    /// <param name="folder">Where; must not hold one yet. Null for a temporary folder, which goes with the server.</param>
    /// <param name="settings">More of its settings, such as max_connections.</param>
    /// <exception cref="PostgresMissingException">PostgreSQL is not installed.</exception>
    /// <exception cref="IOException">It does not start; the message holds what it wrote.</exception>
    public static async Task<PrivatePostgres> StartNewAsync(
        string? folder = null, IReadOnlyDictionary<string, string>? settings = null, CancellationToken stop = default)
    {
        PostgresPrograms programs = PostgresPrograms.Find();
        string place = folder is null ? Directory.CreateTempSubdirectory("coopgrid-postgres-").FullName : Directory.CreateDirectory(folder).FullName;
        var server = new PrivatePostgres(programs, place, ownFolder: folder is null);
        try
        {
            await PostgresPrograms.OwnAsync(place, stop);
            await programs.RunAsync("initdb", ["-D", server.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], stop);
            await File.AppendAllLinesAsync(Path.Combine(server.Data, "postgresql.conf"), server.Settings(settings), stop);
            await server.StartAsync(stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby of a running server and starts it; it follows that one's log, and takes no writes before it is promoted.</summary>
    /// <exception cref="IOException">It does not start; the message holds what it wrote.</exception>
    public static async Task<PrivatePostgres> StartStandbyAsync(PrivatePostgres primary, CancellationToken stop = default)
    {
        var server = new PrivatePostgres(primary._programs, Directory.CreateTempSubdirectory("coopgrid-standby-").FullName, ownFolder: true);
        try
        {
            await PostgresPrograms.OwnAsync(server.Folder, stop);
            string[] from = ["-h", "127.0.0.1", "-p", $"{primary.Port}", "-U", "postgres"];
            await server._programs.RunAsync("pg_basebackup", [.. from, "-D", server.Data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"], stop);
            await File.AppendAllLinesAsync(Path.Combine(server.Data, "postgresql.conf"), server.Settings(null), stop);
            await server.StartAsync(stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby the primary; returns when it takes writes.</summary>
    public Task PromoteAsync(CancellationToken stop = default) => QueryAsync("postgres", "SELECT pg_promote()", stop);

    /// <summary>For Npgsql and everything that takes its strings.</summary>
    /// <param name="database">The database.</param>
    /// <param name="port">Another port that leads to it, such as a proxy's.</param>
    public string ConnectionString(string database = "postgres", int? port = null) =>
        $"Host=127.0.0.1;Port={port ?? Port};Username=postgres;Database={database}";

    /// <summary>Makes an empty database.</summary>
    /// <exception cref="IOException">It exists already, or the server is down.</exception>
    public Task CreateDatabaseAsync(string name, CancellationToken stop = default) =>
        _programs.RunAsync("createdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", name], stop);

    /// <summary>Removes a database, and ends the sessions in it.</summary>
    public Task DropDatabaseAsync(string name, CancellationToken stop = default) =>
        _programs.RunAsync("dropdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "--force", name], stop);

    /// <summary>Copies a database as it is at one moment, whoever uses it, into one that does not exist yet: pg_dump, then pg_restore.</summary>
    /// <exception cref="IOException">One of them failed.</exception>
    public async Task CopyDatabaseAsync(string from, string to, CancellationToken stop = default)
    {
        string file = Path.Combine(Folder, $"{from}.dump");
        string[] server = ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres"];
        await _programs.RunAsync("pg_dump", [.. server, "-Fc", "-f", file, from], stop);
        await CreateDatabaseAsync(to, stop);
        await _programs.RunAsync("pg_restore", [.. server, "-d", to, "--exit-on-error", file], stop);
        File.Delete(file);
    }

    /// <summary>Runs SQL with psql.</summary>
    /// <returns>The rows, a line each, columns separated by '|'.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public Task<string> QueryAsync(string database, string sql, CancellationToken stop = default) =>
        _programs.RunAsync("psql", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-d", database, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql], stop);

    /// <summary>Starts it on the data it has, and returns when it takes connections. After a kill that waits for the last backends of the life before.</summary>
    /// <exception cref="IOException">It does not start; the message holds what it wrote.</exception>
    public async Task StartAsync(CancellationToken stop = default)
    {
        if (IsRunning) throw new InvalidOperationException("The server is running.");
        long started = TimeProvider.System.GetTimestamp();
        Launch();
        while (!IsReady())
        {
            bool late = TimeProvider.System.GetElapsedTime(started) >= Patience;
            if (late || (_process!.HasExited && !LogTail().Contains(StillInUse, StringComparison.Ordinal))) throw new IOException($"PostgreSQL does not start:\n{LogTail()}");
            await Task.Delay(LookEvery, TimeProvider.System, stop);
            if (_process.HasExited) Launch();
        }
    }

    /// <summary>Shuts it down and returns when it is down.</summary>
    public async Task StopAsync(PostgresShutdown how = PostgresShutdown.Fast, CancellationToken stop = default)
    {
        if (!IsRunning) return;
        Signals.Send(_process!.Id, how == PostgresShutdown.Fast ? Signal.Interrupt : Signal.Quit);
        await _process.WaitForExitAsync(stop).WaitAsync(Patience, TimeProvider.System, stop);
    }

    /// <summary>Shuts it down and starts it.</summary>
    public async Task RestartAsync(PostgresShutdown how = PostgresShutdown.Fast, CancellationToken stop = default)
    {
        await StopAsync(how, stop);
        await StartAsync(stop);
    }

    /// <summary>kill -9 of the postmaster; returns when it is gone. Its backends end as soon as they notice.</summary>
    public async Task KillAsync(CancellationToken stop = default)
    {
        if (!IsRunning) return;
        _process!.Kill();
        await _process.WaitForExitAsync(stop);
    }

    /// <summary>Stops all of its processes where they are (SIGSTOP), so that it hangs: it takes connections and answers nothing.</summary>
    public void Freeze()
    {
        // The postmaster first, so that no backend is born meanwhile.
        Signals.Send(ProcessId, Signal.Stop);
        foreach ((int backend, _) in ProcessTable.Children(ProcessId).ToList()) Signals.Send(backend, Signal.Stop);
        _frozen = true;
    }

    /// <summary>Lets it go on where it was stopped.</summary>
    public void Thaw()
    {
        foreach ((int backend, _) in ProcessTable.Children(ProcessId).ToList()) Signals.Send(backend, Signal.Continue);
        Signals.Send(ProcessId, Signal.Continue);
        _frozen = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_frozen) Thaw();
        AppDomain.CurrentDomain.ProcessExit -= _onExit;
        await StopAsync(PostgresShutdown.Immediate);
        _process?.Dispose();
        if (_ownFolder && Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    private void Launch()
    {
        _process?.Dispose();
        _process = _programs.StartServer(Data, LogPath);
    }

    private IEnumerable<string> Settings(IReadOnlyDictionary<string, string>? more)
    {
        var all = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = $"{Port}",
            ["unix_socket_directories"] = Folder,
            ["max_connections"] = "300",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
        };
        foreach ((string name, string value) in more ?? new Dictionary<string, string>()) all[name] = value;
        return all.Select(pair => $"{pair.Key} = '{pair.Value}'");
    }

    /// <summary>The eighth line of its lock file says how far it is, a standby's in another word; the first one, whose file it is.</summary>
    private bool IsReady()
    {
        try
        {
            string[] lines = File.ReadAllLines(Path.Combine(Data, "postmaster.pid"));
            return lines.Length >= 8 && lines[0] == $"{ProcessId}" && lines[7].Trim() is "ready" or "standby";
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string LogTail() => File.Exists(LogPath) ? string.Join('\n', File.ReadLines(LogPath).TakeLast(5)) : "";
}
