using Orleans.Runtime.MembershipService.SiloMetadata;

namespace CoopGrid.Silo.Grpc;

/// <summary>Where relays reach the other silos, as each of them says.</summary>
internal sealed class SiloDoors(ISiloMetadataCache silos)
{
    /// <summary>Under this name a silo says where its gRPC port is; empty = it does not say.</summary>
    public const string Metadata = "coopgrid.grpc";

    /// <summary>The silo's gRPC address; empty if it is not known, or no silo is given.</summary>
    public string Of(SiloAddress? silo) => silo is null ? "" : silos.GetSiloMetadata(silo).Metadata.GetValueOrDefault(Metadata, "");
}
