using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>One epoch: the half-open span <c>[Start, End)</c>, both at slice edges.</summary>
/// <param name="Number">
/// Consecutive within one kind of epoch: months since January 1970, weeks since the one of Monday 1969-12-29, or fixed lengths since the
/// Unix epoch; each from 0.
/// </param>
/// <param name="Start">The first instant.</param>
/// <param name="End">The first instant of the next epoch.</param>
public readonly record struct EpochSpan(long Number, Instant Start, Instant End);
