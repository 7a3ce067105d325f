using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary>Proposals and votes as people read them.</summary>
internal static class ProposalSheet
{
    /// <summary>All of a proposal.</summary>
    public static void Print(Proposal proposal)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{proposal.Coop}/{proposal.Id}[/]  {proposal.Title}");
        Sheet.Print(
            ("state", Wire.Name(proposal.State)),
            ("by", proposal.By),
            ("asks for", Change(proposal)),
            ("why", proposal.Why),
            ("votes", Votes(proposal.Tally, proposal.Electorate)),
            ("quorum", $"{proposal.QuorumPermille} ‰ of the members, {(proposal.HasQuorum ? "reached" : "not reached")}"),
            ("vote starts", Sheet.Time(proposal.VoteStartUnixMs)),
            ("vote ends", Sheet.Time(proposal.VoteEndUnixMs)),
            ("executable from", Sheet.Time(proposal.ExecutableFromUnixMs)),
            ("expires", proposal.ExecutedUnixMs == 0 && proposal.CancelledUnixMs == 0 ? Sheet.Time(proposal.ExpiresUnixMs) : ""),
            ("cancelled", proposal.CancelledUnixMs == 0 ? "" : $"{Sheet.Time(proposal.CancelledUnixMs)} by {proposal.CancelledBy}: {proposal.CancelReason}"),
            ("executed", Sheet.Time(proposal.ExecutedUnixMs)),
            ("version", proposal.Version == 0 ? "" : Sheet.Number(proposal.Version)));
        if (proposal.Difference.Count == 0) return;
        var table = new Table().AddColumns("field", "is", "shall be");
        foreach (FieldDifference field in proposal.Difference) table.AddRow(new Text(field.Path), new Text(field.OldJson), new Text(field.NewJson));
        AnsiConsole.Write(table);
    }

    /// <summary>Who made a version.</summary>
    public static string By(PolicyOrigin origin) => origin.Proposal.Length == 0 ? "founding charter" : $"proposal {Markup.Escape(origin.Proposal)}";

    /// <summary>The vote behind a version; empty for the founding charter's.</summary>
    public static string Votes(PolicyOrigin origin) => origin.Proposal.Length == 0 ? "" : Votes(origin.Tally, origin.Electorate);

    private static string Votes(VoteTally? tally, long electorate) =>
        $"{tally?.VotesFor ?? 0} for, {tally?.VotesAgainst ?? 0} against, {tally?.Abstained ?? 0} abstained"
        + (electorate == 0 ? "" : $", of {Sheet.Number(electorate)} members");

    private static string Change(Proposal proposal) => proposal.ChangeCase switch
    {
        Proposal.ChangeOneofCase.ClassPolicy => $"another policy for class {proposal.ClassPolicy.Class}, based on version {proposal.ClassPolicy.BasedOnVersion}",
        Proposal.ChangeOneofCase.Governance => $"other rules of voting, based on version {proposal.Governance.BasedOnVersion}",
        Proposal.ChangeOneofCase.CommonsSpending =>
            $"{Sheet.Number(proposal.CommonsSpending.MicroCredits)} micro-credits of the commons for {proposal.CommonsSpending.Recipient}",
        _ => "",
    };
}
