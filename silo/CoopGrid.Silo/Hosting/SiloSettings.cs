using System.ComponentModel.DataAnnotations;

namespace CoopGrid.Silo.Hosting;

/// <summary>Where silos call each other, and what this one is.</summary>
public sealed class SiloSettings
{
    /// <summary>Where the other silos reach this one. One on loopback is heard on loopback only, any other one on all of this machine's addresses.</summary>
    [IsAddress(ErrorMessage = "CoopGrid:Silo:Address must be an IP address.")]
    public string Address { get; set; } = IsAddressAttribute.Loopback;

    [Range(1, 65535, ErrorMessage = "CoopGrid:Silo:Port must be 1 to 65535.")]
    public int Port { get; set; } = 11111;

    /// <summary>Where it is heard, if the others reach it at <see cref="Port"/> through something in between, such as a port mapping; 0 = at that port.</summary>
    [Range(0, 65535, ErrorMessage = "CoopGrid:Silo:ListeningPort must be 0 to 65535.")]
    public int ListeningPort { get; set; }

    /// <summary>For Orleans' own clients; 0 = none are let in.</summary>
    [Range(0, 65535, ErrorMessage = "CoopGrid:Silo:GatewayPort must be 0 to 65535.")]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Silos of one database and one cluster id find each other.</summary>
    [StringLength(100, MinimumLength = 1, ErrorMessage = "CoopGrid:Silo:ClusterId must have 1 to 100 characters.")]
    public string ClusterId { get; set; } = "coopgrid";

    /// <summary>Whose grain state it is: it must stay the same for ever.</summary>
    [StringLength(100, MinimumLength = 1, ErrorMessage = "CoopGrid:Silo:ServiceId must have 1 to 100 characters.")]
    public string ServiceId { get; set; } = "coopgrid";

    /// <summary>Orleans' directory of activations: <c>default</c>, or <c>distributed</c>, under which silos that stay keep their grains when one goes.</summary>
    [RegularExpression("default|distributed", ErrorMessage = "CoopGrid:Silo:GrainDirectory must be 'default' or 'distributed'.")]
    public string GrainDirectory { get; set; } = "default";

    /// <summary>Whether this is a pod that Orleans' Kubernetes hosting looks after: the address is the pod's then, and deleted pods are declared dead.</summary>
    public bool Kubernetes { get; set; }

    /// <summary>A member without a request for so many seconds leaves memory once it is checkpointed; its next request reads it again.</summary>
    [Range(4, 86_400, ErrorMessage = "CoopGrid:Silo:CollectionAgeSeconds must be 4 to 86400.")]
    public int CollectionAgeSeconds { get; set; } = 900;
}

/// <summary>
/// How soon a silo that does not answer is declared dead. Sooner means that its members are served elsewhere sooner, and that a silo which is only
/// slow is lost more easily; it never means that anything is counted wrongly.
/// </summary>
public sealed class MembershipSettings
{
    /// <summary>How long a probe may take at first, in ms; silos adapt it between half and four times of it to what they see.</summary>
    [Range(100, 60_000, ErrorMessage = "CoopGrid:Membership:ProbeTimeoutMs must be 100 to 60000.")]
    public int ProbeTimeoutMs { get; set; } = 1000;

    /// <summary>After how many missed probes a silo is suspected.</summary>
    [Range(1, 20, ErrorMessage = "CoopGrid:Membership:MissedProbes must be 1 to 20.")]
    public int MissedProbes { get; set; } = 3;

    /// <summary>How many must suspect it; at most half of the living silos, rounded up, are waited for, so that small clusters work.</summary>
    [Range(1, 10, ErrorMessage = "CoopGrid:Membership:VotesForDeath must be 1 to 10.")]
    public int VotesForDeath { get; set; } = 2;

    /// <summary>
    /// Whether an open connection on which something came lately speaks for a silo that misses its probes. It saves slow silos, and lets a frozen one
    /// live on for four probe timeouts times <see cref="MissedProbes"/>.
    /// </summary>
    public bool TrustConnections { get; set; } = true;

    /// <summary>How often the membership is read where no silo has told of a change, in ms.</summary>
    [Range(500, 600_000, ErrorMessage = "CoopGrid:Membership:RefreshMs must be 500 to 600000.")]
    public int RefreshMs { get; set; } = 10_000;
}
