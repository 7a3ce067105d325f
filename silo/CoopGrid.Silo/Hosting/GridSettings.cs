using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>The silo's settings: section <c>CoopGrid</c> of appsettings.json, or environment variables <c>CoopGrid__…</c>.</summary>
public sealed class GridSettings
{
    public const string Section = "CoopGrid";

    [Required, ValidateObjectMembers]
    public GrpcSettings Grpc { get; set; } = new();

    [Required, ValidateObjectMembers]
    public HttpSettings Http { get; set; } = new();

    [Required, ValidateObjectMembers]
    public SiloSettings Silo { get; set; } = new();

    /// <summary>Where the ledger is kept; <c>sqlite</c> is the embedded default.</summary>
    [RegularExpression("sqlite", ErrorMessage = "CoopGrid:Storage must be 'sqlite'.")]
    public string Storage { get; set; } = "sqlite";

    /// <summary>The folder that holds the embedded databases; made if it is missing.</summary>
    [Required(ErrorMessage = "CoopGrid:DataPath must name a folder.")]
    public string DataPath { get; set; } = "data";

    /// <summary>The founding charter: a file, or the name of one that is shipped (messaging, bandwidth, electricity, blockspace).</summary>
    [Required(ErrorMessage = "CoopGrid:Charter must name a charter file.")]
    public string Charter { get; set; } = "messaging";
}

/// <summary>Where relays call.</summary>
public sealed class GrpcSettings
{
    /// <summary>HTTP/2 cleartext on loopback; 0 takes a free port.</summary>
    [Range(0, 65535, ErrorMessage = "CoopGrid:Grpc:Port must be 0 to 65535.")]
    public int Port { get; set; } = 7070;

    /// <summary>Requests under way, each of a batch counted, beyond which more are answered UNAVAILABLE at once.</summary>
    [Range(1, 1_000_000, ErrorMessage = "CoopGrid:Grpc:MaxInFlight must be 1 to 1000000.")]
    public int MaxInFlight { get; set; } = 50_000;
}

/// <summary>Where health is asked over HTTP/1.</summary>
public sealed class HttpSettings
{
    [Range(0, 65535, ErrorMessage = "CoopGrid:Http:Port must be 0 to 65535.")]
    public int Port { get; set; } = 7080;
}

/// <summary>Where silos call each other.</summary>
public sealed class SiloSettings
{
    [Range(1, 65535, ErrorMessage = "CoopGrid:Silo:Port must be 1 to 65535.")]
    public int Port { get; set; } = 11111;

    [Range(0, 65535, ErrorMessage = "CoopGrid:Silo:GatewayPort must be 0 to 65535.")]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>A member without a request for so many seconds leaves memory once it is checkpointed; its next request reads it again.</summary>
    [Range(4, 86_400, ErrorMessage = "CoopGrid:Silo:CollectionAgeSeconds must be 4 to 86400.")]
    public int CollectionAgeSeconds { get; set; } = 900;
}
