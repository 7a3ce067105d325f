using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>The silo's settings: section <c>CoopGrid</c> of appsettings.json, or environment variables <c>CoopGrid__…</c>.</summary>
public sealed class GridSettings : IValidatableObject
{
    public const string Section = "CoopGrid";

    /// <summary>One silo, with its databases in a folder.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>Any number of silos on one database.</summary>
    public const string Postgres = "postgres";

    [Required, ValidateObjectMembers]
    public GrpcSettings Grpc { get; set; } = new();

    [Required, ValidateObjectMembers]
    public HttpSettings Http { get; set; } = new();

    [Required, ValidateObjectMembers]
    public SiloSettings Silo { get; set; } = new();

    [Required, ValidateObjectMembers]
    public MembershipSettings Membership { get; set; } = new();

    /// <summary>Where everything is kept; <c>sqlite</c> is the embedded default.</summary>
    [RegularExpression("sqlite|postgres", ErrorMessage = "CoopGrid:Storage must be 'sqlite' or 'postgres'.")]
    public string Storage { get; set; } = Sqlite;

    /// <summary>Where PostgreSQL is, as Npgsql reads it; its Search Path is the schema that holds everything, by default coopgrid.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The folder that holds the embedded databases; made if it is missing.</summary>
    [Required(ErrorMessage = "CoopGrid:DataPath must name a folder.")]
    public string DataPath { get; set; } = "data";

    /// <summary>The founding charter: a file, or the name of one that is shipped (messaging, bandwidth, electricity, blockspace).</summary>
    [Required(ErrorMessage = "CoopGrid:Charter must name a charter file.")]
    public string Charter { get; set; } = "messaging";

    /// <summary>Where relays reach this silo, by valid settings; empty if that is not known.</summary>
    public string AdvertisedGrpc() => Grpc.AdvertisedAddress ?? (IsKnown() ? $"http://{new IPEndPoint(IPAddress.Parse(Silo.Address), Grpc.Port)}" : "");

    // A pod's address comes from Kubernetes, a free port from the system, and who listens on loopback only is not reached at the silo's address.
    private bool IsKnown() => !Silo.Kubernetes && Grpc.Port != 0
        && (IPAddress.IsLoopback(IPAddress.Parse(Silo.Address)) || !IPAddress.IsLoopback(IPAddress.Parse(Grpc.Address)));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Storage == Postgres && string.IsNullOrWhiteSpace(ConnectionString))
            yield return new("CoopGrid:ConnectionString must say where PostgreSQL is when CoopGrid:Storage is 'postgres'.", [nameof(ConnectionString)]);
        if (Storage == Sqlite && Silo.Kubernetes)
            yield return new("CoopGrid:Silo:Kubernetes needs CoopGrid:Storage to be 'postgres'.", [nameof(Silo)]);
    }
}

/// <summary>Where relays call.</summary>
public sealed class GrpcSettings
{
    /// <summary>Where to listen. Callers are not authenticated: whoever reaches it may do everything.</summary>
    [IsAddress(ErrorMessage = "CoopGrid:Grpc:Address must be an IP address.")]
    public string Address { get; set; } = IsAddressAttribute.Loopback;

    /// <summary>HTTP/2 cleartext; 0 takes a free port.</summary>
    [Range(0, 65535, ErrorMessage = "CoopGrid:Grpc:Port must be 0 to 65535.")]
    public int Port { get; set; } = 7070;

    /// <summary>
    /// Where relays reach this silo, such as <c>http://10.0.0.5:7070</c>: they are told when they ask another one for a member that is here. By default made of
    /// the silo's address and <see cref="Port"/>; empty = they are not told, which is the default where those do not tell either.
    /// </summary>
    [IsHttpAddress(ErrorMessage = "CoopGrid:Grpc:AdvertisedAddress must be empty or an address such as http://10.0.0.5:7070.")]
    public string? AdvertisedAddress { get; set; }

    /// <summary>Requests under way, each of a batch counted, beyond which more are answered UNAVAILABLE at once.</summary>
    [Range(1, 1_000_000, ErrorMessage = "CoopGrid:Grpc:MaxInFlight must be 1 to 1000000.")]
    public int MaxInFlight { get; set; } = 50_000;
}

/// <summary>Where health is asked over HTTP/1.</summary>
public sealed class HttpSettings
{
    /// <summary>Where to listen.</summary>
    [IsAddress(ErrorMessage = "CoopGrid:Http:Address must be an IP address.")]
    public string Address { get; set; } = IsAddressAttribute.Loopback;

    [Range(0, 65535, ErrorMessage = "CoopGrid:Http:Port must be 0 to 65535.")]
    public int Port { get; set; } = 7080;
}

/// <summary>Empty, or an absolute http or https address.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IsHttpAddressAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is not string { Length: > 0 } text
        || (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https");
}

/// <summary>An IP address.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IsAddressAttribute : ValidationAttribute
{
    /// <summary>Reached from this machine only.</summary>
    public const string Loopback = "127.0.0.1";

    public override bool IsValid(object? value) => value is string text && IPAddress.TryParse(text, out _);
}
