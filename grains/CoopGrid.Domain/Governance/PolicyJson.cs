using System.Collections.Immutable;
using System.Text;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>A policy that was read, or what is wrong with it: one of the two.</summary>
/// <param name="Policy">The valid policy; null if there are errors.</param>
public sealed record PolicyReading(ClassPolicy? Policy, ImmutableArray<PolicyError> Errors);

/// <summary>
/// One class policy as JSON, as it stands in a charter's class. Fields that are left out have the defaults of
/// <see cref="ClassPolicy"/>, the three of <c>capacity</c> must be given. The version is no part of the text: it is counted by whoever changes
/// the policy. Reading what was written gives the same value.
/// </summary>
public static class PolicyJson
{
    /// <summary>Reads and checks a policy.</summary>
    /// <param name="timeZone">The co-op's time zone, in which its epochs begin.</param>
    /// <param name="version">The version that the policy shall have.</param>
    public static PolicyReading Read(string json, string timeZone, int version = 1)
    {
        ErrorList errors = new();
        ClassPolicy policy = new();
        var zone = CharterReader.FindZone(timeZone, errors);
        bool isJson = JsonFields.Parse(Encoding.UTF8.GetBytes(json), errors, fields => policy = PolicyReader.Read(fields) with { Version = version });
        if (isJson) PolicyRules.Check(policy, zone, errors);
        return new(errors.Errors.Count == 0 ? policy : null, [.. errors.Errors]);
    }

    /// <summary>Writes a valid policy, every field, indented.</summary>
    public static string Write(ClassPolicy policy) => PolicyWriter.Write(policy);
}
