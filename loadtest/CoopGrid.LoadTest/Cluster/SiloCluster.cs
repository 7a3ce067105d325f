using CoopGrid.LoadTest.Ratio;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>What the silos of a cluster are started with.</summary>
internal sealed record ClusterOptions
{
    /// <summary>The silo's dll.</summary>
    public required string Dll { get; init; }

    /// <summary>The founding charter: a file, or the name of one that the silo ships.</summary>
    public required string Charter { get; init; }

    /// <summary>Holds the silos' data and logs.</summary>
    public required string Folder { get; init; }

    /// <summary>How long a silo may take to start.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>More of the environment of the silo at a place; it goes before the cluster's own.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> Settings { get; init; } = _ => new Dictionary<string, string>();
}

/// <summary>Silos on one database, each a process. A place is a machine: it has its ports and its folder, and one silo at a time.</summary>
internal sealed class SiloCluster(ClusterOptions options, string connectionString) : IAsyncDisposable
{
    private readonly List<SiloPorts> _ports = [];
    private readonly List<ClusterSilo?> _silos = [];
    private readonly List<ClusterSilo> _all = [];
    private readonly Lock _lock = new();

    /// <summary>The build of the silo that lies beside this program's: …/bin/CoopGrid.Silo/release beside …/bin/CoopGrid.LoadTest/release.</summary>
    public static string DefaultDll
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(here.Parent!.Parent!.FullName, "CoopGrid.Silo", here.Name, "CoopGrid.Silo.dll");
        }
    }

    /// <summary>All places that were ever used.</summary>
    public int Places => _ports.Count;

    /// <summary>The silos that were launched last at each place and have not ended.</summary>
    public IReadOnlyList<ClusterSilo> Living
    {
        get
        {
            lock (_lock) return [.. _silos.OfType<ClusterSilo>().Where(silo => !silo.HasExited)];
        }
    }

    /// <summary>Where the silos of all places listen or will listen.</summary>
    public IReadOnlyList<Uri> Addresses
    {
        get
        {
            lock (_lock) return [.. _ports.Select(ports => ports.GrpcAddress)];
        }
    }

    /// <summary>Launches as many silos at once and waits until all serve.</summary>
    public async Task StartAsync(int silos, CancellationToken stop = default)
    {
        for (int place = 0; place < silos; place++) Launch(place);
        foreach (ClusterSilo silo in Living) await silo.ServingAsync(options.StartPatience, stop);
        if (Living.Count < silos) throw new InvalidOperationException("A silo ended while the others started.");
    }

    /// <summary>Starts a silo at a place whose last one has ended, and waits until it serves.</summary>
    public async Task<ClusterSilo> StartAtAsync(int place, CancellationToken stop = default)
    {
        ClusterSilo silo = Launch(place);
        await silo.ServingAsync(options.StartPatience, stop);
        return silo;
    }

    /// <summary>The silo launched last at a place, dead or alive.</summary>
    public ClusterSilo At(int place)
    {
        lock (_lock) return _silos[place] ?? throw new InvalidOperationException($"No silo was started at place {place}.");
    }

    /// <summary>The ports of a place; a new place gets free ones.</summary>
    public SiloPorts PortsOf(int place)
    {
        lock (_lock)
        {
            while (_ports.Count <= place)
            {
                _ports.Add(SiloPorts.Free());
                _silos.Add(null);
            }

            return _ports[place];
        }
    }

    /// <summary>Starts a silo at a place whose last one has ended, and returns while it starts.</summary>
    public ClusterSilo Launch(int place)
    {
        SiloPorts ports = PortsOf(place);
        lock (_lock)
        {
            if (_silos[place] is { HasExited: false }) throw new InvalidOperationException($"A silo lives at place {place}.");
            string folder = Path.Combine(options.Folder, $"silo-{place}");
            Directory.CreateDirectory(folder);
            Child process = Child.Start(Path.GetFullPath(options.Dll), [], SettingsOf(place, ports, folder), Path.Combine(folder, $"silo-{_all.Count}.log"));
            var silo = new ClusterSilo(place, ports, process);
            _silos[place] = silo;
            _all.Add(silo);
            return silo;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterSilo silo in _all) await silo.DisposeAsync();
    }

    private Dictionary<string, string> SettingsOf(int place, SiloPorts ports, string folder)
    {
        var all = new Dictionary<string, string>
        {
            ["CoopGrid__Storage"] = "postgres",
            ["CoopGrid__ConnectionString"] = connectionString,
            ["CoopGrid__Grpc__Port"] = $"{ports.Grpc}",
            ["CoopGrid__Http__Port"] = $"{ports.Http}",
            ["CoopGrid__Silo__Port"] = $"{ports.Silo}",
            ["CoopGrid__Silo__GatewayPort"] = $"{ports.Gateway}",
            ["CoopGrid__Charter"] = options.Charter,
            ["CoopGrid__DataPath"] = Path.Combine(folder, "data"),
        };
        foreach ((string name, string value) in options.Settings(place)) all[name] = value;
        return all;
    }
}
