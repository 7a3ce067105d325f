using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Admission;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Hosting;
using Microsoft.Extensions.Options;
using Outcome = CoopGrid.Model.Outcome;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// Takes requests from the wire to their members and back: groups batches by member, and turns every
/// failure of the infrastructure into "no decision is known".
/// </summary>
internal sealed class AdmissionDesk(
    MemberGrains members, IResidentMembers residents, IPeerMembers peers, SiloDoors doors, Addressees addressees, IOptions<GridSettings> settings, TimeProvider time)
{
    /// <summary>Within this a call to a grain is answered, or its silo or the store is not to be had (SPEC.md §4: no decision is known).</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    // A member that moves on is found again at the next call, or the one after it.
    private const int MostMoves = 4;

    private const string Crowded = "Too many requests are under way; ask again with the same key.";
    /// <summary>What a caller is told then.</summary>
    public const string Unknown = "No decision is known; ask again with the same key.";

    private readonly int _maxInFlight = settings.Value.Grpc.MaxInFlight;
    private int _inFlight;

    /// <summary>Decides one request.</summary>
    public ValueTask<AdmissionAnswer> Admit(AdmitRequest request) => Ask(request, quote: false);

    /// <summary>Quotes one request.</summary>
    public ValueTask<AdmissionAnswer> Quote(AdmitRequest request) => Ask(request, quote: true);

    /// <summary>Decides many; members are asked side by side, each member's requests in their order.</summary>
    public async Task<AdmissionAnswer[]> AdmitBatch(IReadOnlyList<AdmitRequest> requests)
    {
        var answers = new AdmissionAnswer[requests.Count];
        Addressee[] found = await addressees.FindAll(requests);
        Dictionary<MemberId, List<int>> byMember = [];
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i].Refusal is { } refusal)
            {
                answers[i] = refusal;
                continue;
            }

            if (!byMember.TryGetValue(found[i].Member, out List<int>? places)) byMember[found[i].Member] = places = [];
            places.Add(i);
        }

        await Task.WhenAll(byMember.Select(group => AdmitGroup(group.Key, group.Value, requests, answers)));
        return answers;
    }

    /// <summary>Gives units back.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    public async Task<CancelAnswer> Cancel(CancelRequest request)
    {
        try
        {
            (MemberId member, CancelAnswer? refusal) = await addressees.Find(request);
            return refusal ?? await InTime(members.Of(member).Cancel(request.Key, request.Units, caller: "").AsTask(), AnswerWithin);
        }
        catch (Exception)
        {
            return new(CancelOutcome.Unavailable, 0, Unknown);
        }
    }

    private ValueTask<AdmissionAnswer> Ask(AdmitRequest request, bool quote)
    {
        ValueTask<Addressee> found = addressees.Find(request);
        return found.IsCompletedSuccessfully ? AskFound(found.Result, request, quote) : AskWhenFound(found, request, quote);
    }

    private async ValueTask<AdmissionAnswer> AskWhenFound(
        ValueTask<Addressee> found, AdmitRequest request, bool quote) =>
        await AskFound(await found, request, quote);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async ValueTask<AdmissionAnswer> AskFound(
        Addressee found, AdmitRequest request, bool quote)
    {
        if (found.Refusal is { } refusal) return refusal;
        if (!TryEnter(1)) return AdmissionAnswer.Refused(Outcome.Unavailable, Crowded);
        bool leave = true;
        try
        {
            AdmissionRequest asked = AdmissionMapping.ToRequest(request);
            if (quote) return await AskGrain(found.Member, asked, quote, time.GetTimestamp());
            if (residents.Find(found.Member) is not { } decider) return (await AskElsewhere(found.Member, [asked]))[0];
            AdmissionPledge pledge = await decider.Pledge(asked);
            if (pledge.Answer.Moved) return await AskGrain(found.Member, asked, quote, time.GetTimestamp());
            return pledge.Commit is null || await pledge.Commit.Committed() ? pledge.Answer : AdmissionAnswer.Refused(Outcome.Unavailable, Unknown);
        }
        catch (Exception failure)
        {
            leave = LeaveLater(failure, 1);
            return AdmissionAnswer.Refused(Outcome.Unavailable, Unknown);
        }
        finally
        {
            if (leave) Leave(1);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async Task AdmitGroup(MemberId member, List<int> places, IReadOnlyList<AdmitRequest> requests, AdmissionAnswer[] answers)
    {
        if (!TryEnter(places.Count))
        {
            foreach (int place in places) answers[place] = AdmissionAnswer.Refused(Outcome.Unavailable, Crowded);
            return;
        }

        bool leave = true;
        try
        {
            ImmutableArray<AdmissionRequest> asked = [.. places.Select(place => AdmissionMapping.ToRequest(requests[place]))];
            AdmissionAnswer[] told = residents.Find(member) is { } decider
                ? await AskHere(member, decider, asked)
                : await AskElsewhere(member, asked);
            for (int i = 0; i < places.Count; i++) answers[places[i]] = told[i];
        }
        catch (Exception failure)
        {
            leave = LeaveLater(failure, places.Count);
            foreach (int place in places) answers[place] = AdmissionAnswer.Refused(Outcome.Unavailable, Unknown);
        }
        finally
        {
            if (leave) Leave(places.Count);
        }
    }

    private async Task<AdmissionAnswer[]> AskHere(MemberId member, IRequestDecider decider, ImmutableArray<AdmissionRequest> asked)
    {
        long began = time.GetTimestamp();
        AdmissionAnswer[] told = await Task.WhenAll(asked.Select(request => Decided(decider, request)));
        await AskMoved(member, asked, told, began);
        return told;
    }

    /// <summary>Asks a member of another silo: in a message that it shares with others if it is known which silo that is, else its grain.</summary>
    private async Task<AdmissionAnswer[]> AskElsewhere(MemberId member, ImmutableArray<AdmissionRequest> asked)
    {
        long began = time.GetTimestamp();
        ImmutableArray<AdmissionAnswer> told = await InTime(peers.AskAsync(member, asked), AnswerWithin);
        if (told.All(answer => answer.Moved))
        {
            TimeSpan longest = asked.Max(request => LongestWait(member, request));
            HomeAnswers answers = await InTime(members.Of(member).AdmitBatch(asked).AsTask(), Left(began, longest));
            peers.Found(member, answers.Home);
            told = answers.Answers;
        }

        AdmissionAnswer[] answered = [.. told];
        await AskMoved(member, asked, answered, began);
        string home = doors.Of(peers.HomeOf(member));
        for (int i = 0; i < answered.Length && home.Length > 0; i++) answered[i] = answered[i] with { Home = home };
        return answered;
    }

    /// <summary>Asks the grain for what was not decided.</summary>
    private async Task AskMoved(MemberId member, ImmutableArray<AdmissionRequest> asked, AdmissionAnswer[] told, long began)
    {
        for (int i = 0; i < told.Length; i++)
        {
            if (told[i].Moved) told[i] = await AskGrain(member, asked[i], quote: false, began);
        }
    }

    private async Task<AdmissionAnswer> AskGrain(MemberId member, AdmissionRequest asked, bool quote, long began)
    {
        TimeSpan longest = LongestWait(member, asked);
        for (int moves = 0; ; moves++)
        {
            IMemberGrain grain = members.Of(member);
            ValueTask<AdmissionAnswer> call = quote ? grain.Quote(asked) : grain.Admit(asked);
            AdmissionAnswer answer = await InTime(call.AsTask(), Left(began, longest));
            if (!answer.Moved || moves == MostMoves) return answer;
        }
    }

    private TimeSpan LongestWait(MemberId member, AdmissionRequest asked)
    {
        int longest = residents.LongestWaitMs(member.Coop, asked.Lane);
        return TimeSpan.FromMilliseconds(Math.Min(asked.MaxWaitMs ?? longest, longest));
    }

    /// <summary>How much longer a caller is kept that may have to wait for room.</summary>
    private TimeSpan Left(long began, TimeSpan longestWait)
    {
        TimeSpan left = AnswerWithin + longestWait - time.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <exception cref="LateException">There was no answer in time; what became of the call is not known.</exception>
    private async Task<T> InTime<T>(Task<T> answer, TimeSpan within)
    {
        if (answer.IsCompletedSuccessfully) return answer.Result;
        try
        {
            return await answer.WaitAsync(within, time);
        }
        catch (TimeoutException) when (!answer.IsCompleted)
        {
            throw new LateException(answer);
        }
    }

    /// <summary>A call that its caller does not wait for any more is under way all the same, and counts until it ends.</summary>
    /// <returns>False if it leaves later.</returns>
    private bool LeaveLater(Exception failure, int requests)
    {
        if (failure is not LateException late) return true;
        _ = late.Call.ContinueWith(_ => Leave(requests), TaskScheduler.Default);
        return false;
    }

    private bool TryEnter(int requests)
    {
        if (Interlocked.Add(ref _inFlight, requests) <= _maxInFlight) return true;
        Leave(requests);
        return false;
    }

    private void Leave(int requests) => Interlocked.Add(ref _inFlight, -requests);

    private static async Task<AdmissionAnswer> Decided(IRequestDecider decider, AdmissionRequest request) =>
        await (await decider.Pledge(request)).Settled();

    private sealed class LateException(Task call) : Exception
    {
        public Task Call { get; } = call;
    }
}
