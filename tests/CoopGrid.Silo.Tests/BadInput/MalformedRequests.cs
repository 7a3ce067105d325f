using CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>Every way in which one admission can be malformed: SPEC.md §4, INVALID of rows 1 and 4.</summary>
internal static class MalformedRequests
{
    /// <summary>What is done to a request that is in order, by what is wrong then.</summary>
    public static IReadOnlyDictionary<string, Action<AdmitRequest>> All { get; } = new Dictionary<string, Action<AdmitRequest>>
    {
        ["nobody pays"] = request => request.ClearWho(),
        ["an empty member"] = request => request.Member = "",
        ["a member of 129 bytes"] = request => request.Member = new string('m', 129),
        ["a control character in the member"] = request => request.Member = "a\nb",
        ["an empty sender"] = request => request.Sender = "",
        ["a sender of 129 bytes"] = request => request.Sender = new string('s', 129),
        ["no key"] = request => request.Key = "",
        ["a key of 129 bytes"] = request => request.Key = new string('k', 129),
        ["a key of 43 characters and 129 bytes"] = request => request.Key = new string('€', 43),
        ["a control character in the key"] = request => request.Key = "a\0b",
        ["no units"] = request => request.Units = 0,
        ["negative units"] = request => request.Units = -1,
        ["the least units there are"] = request => request.Units = long.MinValue,
        ["units and dimensions"] = request => request.Dimensions.Add("messages", 1),
        ["a dimension of zero"] = request => Dimension(request, "messages", 0),
        ["a negative dimension"] = request => Dimension(request, "messages", -1),
        ["an unknown dimension"] = request => Dimension(request, "pigeons", 1),
        ["a dimension that overflows"] = request => Dimension(request, "parcels", long.MaxValue),
        ["more units than the class takes at once"] = request => request.Units = 41,
        ["the most units there are"] = request => request.Units = long.MaxValue,
        ["a negative multiplier limit"] = request => request.MaxMultiplierPermille = -1,
        ["a negative wait"] = request => request.MaxWaitMs = -1,
        ["a negative deadline"] = request => request.DeferUntilUnixMs = -1,
    };

    /// <summary>The request with that fault.</summary>
    public static AdmitRequest Make(string what, string member)
    {
        AdmitRequest request = QuietSilo.Ask(member);
        All[what](request);
        return request;
    }

    private static void Dimension(AdmitRequest request, string name, long quantity)
    {
        request.Units = 0;
        request.Dimensions.Add(name, quantity);
    }
}
