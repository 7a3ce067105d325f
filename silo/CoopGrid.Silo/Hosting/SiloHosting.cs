using System.Net;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Usage;
using CoopGrid.Silo.Grpc;
using CoopGrid.Silo.Ledger;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace CoopGrid.Silo.Hosting;

/// <summary>Makes Orleans of the settings: endpoints, membership, directory, grain state.</summary>
internal static class SiloHosting
{
    /// <summary>
    /// Where this many grains are is remembered beside Orleans' directory, also of those that are gone: at its default of a million it
    /// would hold 300 bytes of every idle member.
    /// </summary>
    private const int CachedAddresses = 131_072;

    /// <summary>Adds everything that runs in the silo.</summary>
    public static void AddGridSilo(this ISiloBuilder silo, GridSettings settings, GridStorage storage)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.Silo.ClusterId, settings.Silo.ServiceId));
        silo.Configure<EndpointOptions>(endpoint => Listen(endpoint, settings.Silo));
        if (settings.Silo.Kubernetes) silo.UseKubernetesHosting();
        storage.AddCluster(silo);
        storage.AddGrainState(silo, GrainStates.Storage);
        AddMembership(silo, settings.Membership);
        AddDirectory(silo, settings.Silo);
        silo.UseSiloMetadata(new Dictionary<string, string> { [SiloDoors.Metadata] = settings.AdvertisedGrpc() });
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = TimeSpan.FromSeconds(settings.Silo.CollectionAgeSeconds);
            collection.CollectionQuantum = TimeSpan.FromSeconds(Math.Clamp(settings.Silo.CollectionAgeSeconds / 4, 1, 60));
        });
        silo.AddGrid();
    }

    private static void Listen(EndpointOptions endpoint, SiloSettings settings)
    {
        (endpoint.SiloPort, endpoint.GatewayPort) = (settings.Port, settings.GatewayPort);

        // A pod's address comes from Kubernetes.
        if (settings.Kubernetes) return;
        var address = IPAddress.Parse(settings.Address);
        endpoint.AdvertisedIPAddress = address;
        int listening = settings.ListeningPort == 0 ? settings.Port : settings.ListeningPort;
        if (IPAddress.IsLoopback(address))
        {
            endpoint.SiloListeningEndpoint = new(address, listening);
            return;
        }

        IPAddress any = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        endpoint.SiloListeningEndpoint = new(any, listening);
        if (settings.GatewayPort > 0) endpoint.GatewayListeningEndpoint = new(any, settings.GatewayPort);
    }

    private static void AddMembership(ISiloBuilder silo, MembershipSettings settings) => silo.Configure<ClusterMembershipOptions>(membership =>
    {
        membership.ProbeTimeout = TimeSpan.FromMilliseconds(settings.ProbeTimeoutMs);
        membership.NumMissedProbesLimit = settings.MissedProbes;
        membership.NumVotesForDeathDeclaration = settings.VotesForDeath;
        membership.EnableConnectionLivenessCheck = settings.TrustConnections;
        membership.TableRefreshTimeout = TimeSpan.FromMilliseconds(settings.RefreshMs);
    });

    private static void AddDirectory(ISiloBuilder silo, SiloSettings settings)
    {
        silo.Configure<GrainDirectoryOptions>(directory =>
        {
            directory.CacheSize = CachedAddresses;

            // The ranges of a silo that is declared dead are anybody's at once: claims keep two activations of a member apart (L4).
            directory.RangeLeaseDuration = TimeSpan.Zero;
        });
#pragma warning disable ORLEANSEXP003 // Experimental, and chosen by a setting; what must hold holds under both (L2 to L4).
        if (settings.GrainDirectory == "distributed") silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
    }
}
