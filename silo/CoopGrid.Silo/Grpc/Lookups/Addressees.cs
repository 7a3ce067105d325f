using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Admission;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Outcome = CoopGrid.Model.Outcome;

namespace CoopGrid.Silo.Grpc;

/// <summary>Whose a request is, or why it is nobody's.</summary>
/// <param name="Member">The member.</param>
/// <param name="Refusal">The answer if there is none; then <paramref name="Member"/> is <c>default</c>.</param>
internal readonly record struct Addressee(MemberId Member, AdmissionAnswer? Refusal);

/// <summary>
/// Finds whose requests are, by member's name or by sender. What has to be looked up in the store is not waited for any longer than a grain is:
/// nothing was asked yet.
/// </summary>
internal sealed class Addressees(Coops coops, Senders senders, TimeProvider time)
{
    /// <summary>Finds one.</summary>
    public ValueTask<Addressee> Find(AdmitRequest request)
    {
        bool direct = request.WhoCase == AdmitRequest.WhoOneofCase.Member && coops.IsKnown(request.Coop);
        return direct ? new(Named(request.Coop, request.Member)) : FindSlowly(request);
    }

    /// <summary>Finds many; those that must be looked up in the store are looked up side by side.</summary>
    public async Task<Addressee[]> FindAll(IReadOnlyList<AdmitRequest> requests)
    {
        var found = new Addressee[requests.Count];
        List<Task> lookups = [];
        for (int i = 0; i < found.Length; i++)
        {
            ValueTask<Addressee> finding = Find(requests[i]);
            if (finding.IsCompletedSuccessfully) found[i] = finding.Result;
            else lookups.Add(Put(found, i, finding));
        }

        await Task.WhenAll(lookups);
        return found;

        static async Task Put(Addressee[] found, int place, ValueTask<Addressee> finding) => found[place] = await finding;
    }

    /// <summary>Finds whose units a cancel gives back.</summary>
    /// <exception cref="TimeoutException">The store did not answer in time.</exception>
    public async ValueTask<(MemberId Member, CancelAnswer? Refusal)> Find(CancelRequest request)
    {
        (string coop, string? member) = (request.Coop, request.Member);
        if (!await Found(coops.ExistsAsync(coop))) return (default, new(CancelOutcome.CoopUnknown, 0, $"There is no co-op '{coop}'."));
        if (request.WhoCase == CancelRequest.WhoOneofCase.Sender) member = await Found(senders.FindAsync(coop, request.Sender));
        return Ids.IsName(member) ? (new(coop, member), null) : (default, new(CancelOutcome.MemberUnknown, 0, "No such member."));
    }

    private async ValueTask<T> Found<T>(ValueTask<T> lookup) =>
        lookup.IsCompletedSuccessfully ? lookup.Result : await lookup.AsTask().WaitAsync(AdmissionDesk.AnswerWithin, time);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async ValueTask<Addressee> FindSlowly(AdmitRequest request)
    {
        try
        {
            if (!await Found(coops.ExistsAsync(request.Coop))) return new(default, AdmissionAnswer.Refused(Outcome.CoopUnknown, $"There is no co-op '{request.Coop}'."));
            switch (request.WhoCase)
            {
                case AdmitRequest.WhoOneofCase.Member:
                    return Named(request.Coop, request.Member);
                case AdmitRequest.WhoOneofCase.Sender when !Ids.IsName(request.Sender):
                    return new(default, AdmissionAnswer.Refused(Outcome.Invalid, AdmissionMapping.BadName("sender")));
                case AdmitRequest.WhoOneofCase.Sender:
                    string? member = await Found(senders.FindAsync(request.Coop, request.Sender));
                    return member is null ? new(default, NobodysSender(request)) : new(new(request.Coop, member), null);
                default:
                    return new(default, AdmissionAnswer.Refused(Outcome.Invalid, "A member or a sender is needed."));
            }
        }
        catch (Exception)
        {
            return new(default, AdmissionAnswer.Refused(Outcome.Unavailable, AdmissionDesk.Unknown));
        }
    }

    private static AdmissionAnswer NobodysSender(AdmitRequest request) =>
        AdmissionRule.Malformed(AdmissionMapping.ToRequest(request)) is { } malformed
            ? AdmissionAnswer.Refused(Outcome.Invalid, malformed)
            : AdmissionAnswer.Refused(Outcome.MemberUnknown, "No member has this sender.");

    private static Addressee Named(string coop, string member) => Ids.IsName(member)
        ? new(new(coop, member), null)
        : new(default, AdmissionAnswer.Refused(Outcome.Invalid, AdmissionMapping.BadName("member")));
}
