using CoopGrid.Domain.Governance;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>What is wrong with a request to the market, whatever the slot.</summary>
public static class RequestRules
{
    /// <summary>The first thing wrong, for a person, or null.</summary>
    public static string? Malformed(MarketRequest request)
    {
        if (!Ids.IsName(request.Member)) return $"A member of 1 to {Ids.MaxBytes} bytes without control characters is needed.";
        if (!Ids.IsName(request.Key)) return $"A key of 1 to {Ids.MaxBytes} bytes is needed: it names the request, so that a retry counts once.";
        return request.Kind switch
        {
            MarketRequestKind.Bid => Units(request) ?? Price(request) ?? Unused(request.Bid, "bid"),
            MarketRequestKind.Replace => Named(request) ?? Units(request) ?? Price(request),
            MarketRequestKind.Withdraw => Named(request) ?? Unused(request.UnitsPerSecond, "units/s") ?? Unused(request.UnitPrice, "price"),
            MarketRequestKind.Cancel => Unused(request.Bid, "bid") ?? Unused(request.UnitsPerSecond, "units/s") ?? Unused(request.UnitPrice, "price"),
            MarketRequestKind.Buy => Units(request) ?? Unused(request.Bid, "bid") ?? Unused(request.UnitPrice, "price"),
            _ => "Say what is asked: bid, replace, withdraw, cancel or buy.",
        };
    }

    private static string? Named(MarketRequest request) => request.Bid > 0 ? null : "The number of one of the member's bids is needed.";

    private static string? Units(MarketRequest request) => request.UnitsPerSecond > 0 && PolicyLimits.ReservedUnitsPerSecond.Holds(request.UnitsPerSecond)
        ? null
        : $"Units/s must be above 0 and at most {PolicyLimits.ReservedUnitsPerSecond.Max}.";

    private static string? Price(MarketRequest request) =>
        PolicyLimits.UnitPrice.Holds(request.UnitPrice) ? null : $"The price must be 0 to {PolicyLimits.UnitPrice.Max} micro-credits per unit.";

    // What would be ignored may have been meant: better to ask.
    private static string? Unused(long value, string what) => value == 0 ? null : $"This kind of request has no {what}.";
}
