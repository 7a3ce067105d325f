using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission.Peers;

/// <summary>
/// The way from this silo's doors to one other silo. Few messages are under way at a time; what is asked meanwhile gathers, and goes with the
/// next one: alone when little is asked, and the more together the more is asked. A message costs both silos the same whatever it holds, so under load there is one
/// at a time, and twice as much in each.
/// </summary>
/// <param name="desk">The other silo's desk.</param>
/// <param name="mostUnderWay">Messages that may be under way at a time without load.</param>
internal sealed class PeerLink(IPeerDesk desk, int mostUnderWay = PeerLink.MostUnderWay)
{
    // One is being decided and committed while the next one travels.
    private const int MostUnderWay = 2;
    private const int MostTogether = 1024;

    /// <summary>Questions from which a message shows load.</summary>
    internal const int Loaded = 8;

    private readonly Lock _lock = new();
    private List<Question> _gathering = [];
    private int _underWay;
    private bool _isLoaded;

    /// <summary>Asks one member; see <see cref="IPeerDesk.Admit"/>. Fails if the other silo cannot be heard: then nothing is known.</summary>
    public Task<ImmutableArray<AdmissionAnswer>> Ask(MemberId member, ImmutableArray<AdmissionRequest> requests)
    {
        var question = new Question(new(member, requests));
        List<Question> asked;
        lock (_lock)
        {
            _gathering.Add(question);
            if (_underWay >= (_isLoaded ? 1 : mostUnderWay)) return question.Task;
            _underWay++;
            asked = Take();
        }

        _ = Exchange(asked);
        return question.Task;
    }

    private async Task Exchange(List<Question> asked)
    {
        while (asked.Count > 0)
        {
            await Send(asked);
            lock (_lock)
            {
                // Another message is under way, and carries on.
                asked = _isLoaded && _underWay > 1 ? [] : Take();
                if (asked.Count == 0) _underWay--;
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, everybody who asked must hear of it.")]
    private async Task Send(List<Question> asked)
    {
        try
        {
            var message = new MemberRequests[asked.Count];
            for (int i = 0; i < message.Length; i++) message[i] = asked[i].Asked;
            ImmutableArray<ImmutableArray<AdmissionAnswer>> told = await desk.Admit(ImmutableCollectionsMarshal.AsImmutableArray(message));
            for (int i = 0; i < asked.Count; i++) asked[i].SetResult(told[i]);
        }
        catch (Exception failure)
        {
            foreach (Question question in asked) question.TrySetException(failure);
        }
    }

    // Under the lock.
    private List<Question> Take()
    {
        List<Question> taken = _gathering;
        _isLoaded = taken.Count >= Loaded;
        if (taken.Count <= MostTogether)
        {
            _gathering = [];
            return taken;
        }

        _gathering = taken[MostTogether..];
        return taken[..MostTogether];
    }

    private sealed class Question(MemberRequests asked) : TaskCompletionSource<ImmutableArray<AdmissionAnswer>>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public MemberRequests Asked => asked;
    }
}
