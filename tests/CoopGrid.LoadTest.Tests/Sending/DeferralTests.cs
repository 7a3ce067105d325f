using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Sending;

/// <summary>Messages that can wait: alice's, while bob's cannot, at twice the price.</summary>
public sealed class DeferralTests
{
    private const int Sends = 60;
    private const long Rate = 3;

    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("Unary")]
    [InlineData("Batch")]
    [InlineData("Stream")]
    public async Task Patient_messages_are_sent_in_their_tickets_second_and_others_pay(string mode)
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Dear(host);
        (host.Grid.FailNext, host.Grid.LoseNext) = (5, 5);
        using var run = new LoadRun(client, Workload(), Settings(Ahead) with { Mode = Enum.Parse<SendMode>(mode) });
        await run.RunAsync(LoadRunTests.Stop);
        Assert.Equal(0, await new Resolver(client).SettleAsync(run));
        PatientTotals patient = ResultOf.Patient(run, Ahead, Rate, billed: null)!;
        Assert.Empty(patient.Problems);
        Assert.Equal((1, Sends / 2, Sends / 2, 0, 0), (patient.Members, patient.Sent, patient.Deferred, patient.AdmittedAtOnce, patient.Refused));
        Assert.Equal((Sends / 2, 0, 0, 0), (patient.Redeemed, patient.Expired, patient.SurgedUnits, patient.SurchargeMicroCredits));
        Assert.Equal((run.Tally.Told(0), 0), (patient.RedeemedUnits, patient.RedeemedSurgedUnits));
        Assert.Equal(host.Grid.State().UsageUnits, run.Tally.Told(0) + run.Tally.Told(1));
        Assert.True(patient.Wait!.P50 > 50, $"{patient.Wait}");

        GroupTotals others = ResultOf.Groups(run, Rate).Single(row => row.Group == "all");
        Assert.Equal((run.Tally.Told(1), Rate * run.Tally.Told(1)), (others.SurgedUnits, others.SurchargeMicroCredits));
    }

    [Fact]
    public async Task Without_deferral_patient_messages_pay_like_all_others()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Dear(host);
        using var run = new LoadRun(client, Workload(), Settings(null));
        await run.RunAsync(LoadRunTests.Stop);
        PatientTotals patient = ResultOf.Patient(run, null, Rate, billed: 7)!;
        Assert.Empty(patient.Problems);
        Assert.Equal((Sends / 2, 0, 0), (patient.AdmittedAtOnce, patient.Deferred, patient.Redeemed));
        Assert.Equal((run.Tally.Told(0), Rate * run.Tally.Told(0), 7L), (patient.SurgedUnits, patient.SurchargeMicroCredits, patient.BilledSurchargeMicroCredits));
    }

    [Fact]
    public async Task A_ticket_that_is_refused_in_its_second_is_a_problem()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Dear(host);
        host.Grid.Tickets.AreRefused = true;
        using var run = new LoadRun(client, Workload(), Settings(Ahead));
        await run.RunAsync(LoadRunTests.Stop);
        PatientTotals patient = ResultOf.Patient(run, Ahead, Rate, billed: null)!;
        Assert.True(patient.RefusedInTime > 0, $"{patient}");
        Assert.Contains($"{patient.RefusedInTime} tickets were refused in their second.", patient.Problems);
    }

    [Theory]
    [InlineData(999, 1, 0)]
    [InlineData(1000, 0, 1)]
    public void A_refusal_is_judged_until_the_second_is_over(int ms, long refused, long expired)
    {
        var tickets = new TicketTally();
        AdmitReply ticket = new() { Outcome = Outcome.Deferred, NotBeforeUnixMs = 5_000 };
        tickets.CountAnswer(ticket, new() { Outcome = Outcome.CapacityExceeded }, DateTimeOffset.FromUnixTimeMilliseconds(5_000 + ms));
        Assert.Equal((refused, expired, 0L), (tickets.RefusedInTime, tickets.Expired, tickets.Redeemed));
    }

    [Fact]
    public async Task A_run_that_is_stopped_lets_its_tickets_expire_and_what_is_not_known_is_asked_again()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Dear(host);
        host.Grid.Tickets.Ahead = TimeSpan.FromHours(1);
        using var enough = new CancellationTokenSource();
        using var run = new LoadRun(client, Workload(), Settings(Ahead));
        Task running = run.RunAsync(enough.Token);
        await Until.TrueAsync(() => run.Tickets.Held == Sends / 2, "all tickets");
        await Until.TrueAsync(() => run.InFlight == 0, "no question but tickets");
        await enough.CancelAsync();
        await running;
        Assert.Equal((Sends / 2, 0L, 0), (run.Tickets.Expired, run.Tickets.Redeemed, run.Tickets.Held));

        using var other = new LoadRun(client, Workload(), Settings(Ahead));
        host.Grid.Tickets.Ahead = TimeSpan.Zero;
        for (int place = 0; place < Sends; place += 2) other.Open.Admissions.Enqueue(place);
        other.Open.Redemptions.Enqueue((0, await client.AdmitAsync(other.Question(0), LoadRunTests.Stop)));
        Assert.Equal(0, await new Resolver(client).SettleAsync(other));
        Assert.Equal(1 + (Sends / 2), other.Tickets.Redeemed);
    }

    private static Workload Workload() => Patient.Mark(LoadRunTests.Evenly(Sends, 1_000), 500, "bulk");

    private static RunSettings Settings(TimeSpan? defer) => LoadRunTests.Settings() with { Defer = defer };

    private static CoopGridClient Dear(FakeHost host)
    {
        host.Grid.Enroll(["alice", "bob"]);
        host.Grid.Multiplier = 2000;
        return host.Client();
    }
}
