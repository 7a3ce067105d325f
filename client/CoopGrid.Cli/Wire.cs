using Google.Protobuf.Reflection;

namespace CoopGrid.Cli;

/// <summary>Enum values as the proto spells them, without their prefix.</summary>
internal static class Wire
{
    public static string Name<T>(T value)
        where T : struct, Enum
    {
        string name = value.ToString();
        OriginalNameAttribute? original = typeof(T).GetField(name)?.GetCustomAttributes(typeof(OriginalNameAttribute), false)
            .OfType<OriginalNameAttribute>().FirstOrDefault();
        if (original is null) return name;
        foreach (string prefix in new[]
        {
            "REPORT_OUTCOME_", "MARKET_OUTCOME_", "PROPOSAL_OUTCOME_", "OUTCOME_", "PROPOSAL_STATE_", "MEMBER_STATUS_", "SLOT_PHASE_", "BILL_LINE_KIND_",
            "CLOSING_STATE_", "EMERGENCY_OUTCOME_",
        })
        {
            if (original.Name.StartsWith(prefix, StringComparison.Ordinal)) return original.Name[prefix.Length..];
        }

        return original.Name;
    }
}
