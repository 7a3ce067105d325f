using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>Quotes spend nothing; cancels give back once, and only what was admitted (SPEC.md §4).</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class CancelTests(QuietSilo silo)
{
    [Fact]
    public async Task A_quote_answers_as_an_admission_would_and_spends_nothing()
    {
        Member before = await silo.Account(await silo.NewMember(QuietSilo.People));
        AdmitRequest request = QuietSilo.Ask(before.Member_, units: 25);
        for (int i = 0; i < 5; i++)
        {
            AdmitReply quoted = await silo.Clients.Admission.QuoteAsync(request);
            Assert.Equal((Outcome.Admitted, false, 10L, 15L), (quoted.Outcome, quoted.Replayed, quoted.Covered.Baseline, quoted.Covered.Surged));
        }

        await silo.Unchanged(before);
        AdmitReply admitted = await silo.Admit(request);
        Assert.Equal((Outcome.Admitted, false, 25L), (admitted.Outcome, admitted.Replayed, admitted.WindowUsageUnits));
        Assert.True((await silo.Clients.Admission.QuoteAsync(request)).Replayed);
        Assert.Equal(25, (await silo.Account(before.Member_)).TotalUnits);
    }

    [Fact]
    public async Task A_cancel_may_grow_and_be_repeated_and_usage_shrinks_once()
    {
        AdmitRequest request = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 12);
        AdmitReply admitted = await silo.Admit(request);
        Assert.Equal(4, (await Cancel(request, 4)).ReturnedUnits);
        Assert.Equal(4, (await Cancel(request, 4)).ReturnedUnits);
        Assert.Equal(7, (await Cancel(request, 7)).ReturnedUnits);
        Member partly = await silo.Account(request.Member);
        Assert.Equal((5L, 5L, 5L), (partly.TotalUnits, partly.WindowUsageUnits, partly.BaselineRemainingUnits));

        // A key that is cancelled in part is answered as it was.
        AdmitReply again = await silo.Admit(request);
        Assert.Equal((true, admitted.Units, admitted.WindowUsageUnits), (again.Replayed, again.Units, again.WindowUsageUnits));
        Assert.Equal(12, (await Cancel(request, 0)).ReturnedUnits);
        Assert.Equal(12, (await Cancel(request, 0)).ReturnedUnits);
        Assert.Equal(0, (await silo.Account(request.Member)).TotalUnits);
        Assert.Equal(partly.Sequence + 1, (await silo.Account(request.Member)).Sequence);
    }

    [Fact]
    public async Task A_cancel_gives_no_quota_back()
    {
        AdmitRequest request = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 40);
        await silo.Admit(request);
        await Cancel(request, 0);
        Assert.Equal(Outcome.QuotaExceeded, (await silo.Admit(QuietSilo.Ask(request.Member, units: 40))).Outcome);
    }

    [Theory]
    [InlineData("less than was given back", StatusCode.InvalidArgument)]
    [InlineData("more than was admitted", StatusCode.InvalidArgument)]
    [InlineData("negative units", StatusCode.InvalidArgument)]
    [InlineData("no key", StatusCode.InvalidArgument)]
    [InlineData("an unknown key", StatusCode.NotFound)]
    [InlineData("an unknown member", StatusCode.NotFound)]
    [InlineData("nobody", StatusCode.NotFound)]
    [InlineData("an unknown sender", StatusCode.NotFound)]
    [InlineData("another member's key", StatusCode.NotFound)]
    [InlineData("an unknown co-op", StatusCode.NotFound)]
    public async Task A_cancel_that_makes_no_sense_changes_nothing(string what, StatusCode expected)
    {
        AdmitRequest request = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 12);
        await silo.Admit(request);
        await Cancel(request, 5);
        Member before = await silo.Account(request.Member);
        var cancel = new CancelRequest { Coop = Charters.Coop, Member = request.Member, Key = request.Key, Units = 6 };
        string other = await silo.NewMember(QuietSilo.People);
        Action change = what switch
        {
            "less than was given back" => () => cancel.Units = 4,
            "more than was admitted" => () => cancel.Units = 13,
            "negative units" => () => cancel.Units = -1,
            "no key" => () => cancel.Key = "",
            "an unknown key" => () => cancel.Key = "unknown",
            "an unknown member" => () => cancel.Member = "nobody",
            "nobody" => cancel.ClearWho,
            "an unknown sender" => () => cancel.Sender = "no address",
            "another member's key" => () => cancel.Member = other,
            _ => () => cancel.Coop = "elsewhere",
        };
        change();

        await QuietSilo.Fails(expected, silo.Clients.Admission.CancelAsync(cancel));

        await silo.Unchanged(before);
    }

    private async Task<CancelReply> Cancel(AdmitRequest request, long units) => await silo.Clients.Admission.CancelAsync(
        new() { Coop = Charters.Coop, Member = request.Member, Key = request.Key, Units = units }, cancellationToken: QuietSilo.Stop);
}
