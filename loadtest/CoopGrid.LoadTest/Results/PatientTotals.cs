namespace CoopGrid.LoadTest.Results;

/// <summary>What became of the messages that can wait, with or without deferral.</summary>
internal sealed record PatientTotals
{
    /// <summary>How far ahead their tickets might be; null if they were sent like all others.</summary>
    public double? DeferSeconds { get; init; }

    public int Members { get; init; }

    public long Sent { get; init; }

    public long AdmittedAtOnce { get; init; }

    public long Deferred { get; init; }

    /// <summary>Neither admitted nor deferred.</summary>
    public long Refused { get; init; }

    public long Redeemed { get; init; }

    public long RedeemedUnits { get; init; }

    public long RedeemedSurgedUnits { get; init; }

    /// <summary>Tickets that were not redeemed in their second: come too late, or the run was stopped before.</summary>
    public long Expired { get; init; }

    /// <summary>Tickets that were refused in their second.</summary>
    public long RefusedInTime { get; init; }

    /// <summary>Redemptions without a known answer.</summary>
    public long Unknown { get; init; }

    /// <summary>From the ticket to its second.</summary>
    public LatencyMs? Wait { get; init; }

    /// <summary>Units charged at a multiplier above ×1.</summary>
    public long SurgedUnits { get; init; }

    /// <summary>What they cost more, by the answers.</summary>
    public long SurchargeMicroCredits { get; init; }

    /// <summary>The surcharges on these members' projected bills; null if they were not asked for.</summary>
    public long? BilledSurchargeMicroCredits { get; init; }

    /// <summary>What tickets promise and did not hold, a line each.</summary>
    public IReadOnlyList<string> Problems =>
    [
        .. Problem(RefusedInTime > 0, $"{RefusedInTime} tickets were refused in their second."),
        .. Problem(RedeemedSurgedUnits > 0, $"{RedeemedSurgedUnits} redeemed units were surged."),
        .. Problem(DeferSeconds is not null && SurgedUnits > 0, $"{SurgedUnits} units were surged above ×1, which the relay had not accepted."),
        .. Problem(Redeemed + Expired + RefusedInTime + Unknown != Deferred, $"Of {Deferred} tickets, {Redeemed + Expired + RefusedInTime + Unknown} came to an end."),
        .. Problem(Unknown > 0, $"{Unknown} redemptions are still without a known answer."),
    ];

    private static string[] Problem(bool isOne, string line) => isOne ? [line] : [];
}
