using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>Governance numbers that were read, or what is wrong with them: one of the two.</summary>
/// <param name="Governance">Valid; null if there are errors.</param>
public sealed record GovernanceReading(GovernancePolicy? Governance, ImmutableArray<PolicyError> Errors);

/// <summary>
/// A charter's governance numbers as JSON, as in its section <c>governance</c>. What is left out has the defaults of <see cref="GovernancePolicy"/>.
/// The version is no part of the text. Reading what was written gives the same value.
/// </summary>
public static class GovernanceJson
{
    private static readonly GovernancePolicy Defaults = new();
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    private static readonly ImmutableArray<(string Word, ProposeRight Value)> ProposeRights =
        [("members", ProposeRight.Members), ("membersAndOperators", ProposeRight.MembersAndOperators), ("operators", ProposeRight.Operators)];

    private static readonly ImmutableArray<(string Word, CancelRight Value)> CancelRights =
        [("proposer", CancelRight.Proposer), ("proposerAndOperators", CancelRight.ProposerAndOperators)];

    /// <summary>Reads and checks governance numbers.</summary>
    /// <param name="version">The version that they shall have.</param>
    public static GovernanceReading Read(string json, int version = 1)
    {
        ErrorList errors = new();
        GovernancePolicy governance = Defaults;
        bool isJson = JsonFields.Parse(Encoding.UTF8.GetBytes(json), errors, fields => governance = Read(fields) with { Version = version });
        if (isJson) GovernanceRules.Check(governance, errors, "");
        return new(errors.Errors.Count == 0 ? governance : null, [.. errors.Errors]);
    }

    /// <summary>Writes every field but the version, in the order of the record, indented.</summary>
    public static string Write(GovernancePolicy governance)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Indented)) Write(json, governance);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes the numbers as one object, without their version.</summary>
    internal static void Write(Utf8JsonWriter json, GovernancePolicy governance)
    {
        json.WriteStartObject();
        json.WriteNumber("votingDelayMs", governance.VotingDelayMs);
        json.WriteNumber("votingPeriodMs", governance.VotingPeriodMs);
        json.WriteNumber("quorumPermille", governance.QuorumPermille);
        json.WriteNumber("lateQuorumExtensionMs", governance.LateQuorumExtensionMs);
        json.WriteNumber("timelockMs", governance.TimelockMs);
        json.WriteNumber("executionPeriodMs", governance.ExecutionPeriodMs);
        json.WriteNumber("emergencyLongestMs", governance.EmergencyLongestMs);
        json.WriteString("propose", PolicyWords.WordOf(ProposeRights, governance.Propose));
        json.WriteString("cancel", PolicyWords.WordOf(CancelRights, governance.Cancel));
        json.WriteEndObject();
    }

    /// <summary>Names and types; ranges are judged afterwards by <see cref="GovernanceRules"/>.</summary>
    internal static GovernancePolicy Read(JsonFields fields)
    {
        GovernancePolicy governance = new()
        {
            VotingDelayMs = fields.Whole("votingDelayMs", GovernanceRules.VotingDelayMs, Defaults.VotingDelayMs),
            VotingPeriodMs = fields.Whole("votingPeriodMs", GovernanceRules.VotingPeriodMs, Defaults.VotingPeriodMs),
            QuorumPermille = fields.Small("quorumPermille", GovernanceRules.QuorumPermille, Defaults.QuorumPermille),
            LateQuorumExtensionMs = fields.Whole("lateQuorumExtensionMs", GovernanceRules.LateQuorumExtensionMs, Defaults.LateQuorumExtensionMs),
            TimelockMs = fields.Whole("timelockMs", GovernanceRules.TimelockMs, Defaults.TimelockMs),
            ExecutionPeriodMs = fields.Whole("executionPeriodMs", GovernanceRules.ExecutionPeriodMs, Defaults.ExecutionPeriodMs),
            EmergencyLongestMs = fields.Whole("emergencyLongestMs", GovernanceRules.EmergencyLongestMs, Defaults.EmergencyLongestMs),
            Propose = fields.Choice("propose", ProposeRights, Defaults.Propose),
            Cancel = fields.Choice("cancel", CancelRights, Defaults.Cancel),
        };
        fields.Done();
        return governance;
    }
}
