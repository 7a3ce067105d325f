namespace CoopGrid.Domain.Metering;

/// <summary>All that is kept of a meter's accepted reports: O(1) however many there were.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Sequence">Number of the last accepted report; 0 before the first.</param>
/// <param name="Payload">Fingerprint of that report.</param>
/// <param name="LastSlice">Last slice that it covered.</param>
public sealed record MeterChain(string Meter, long Sequence, ulong Payload, long LastSlice);
