/**
 * Everything the app says, in both languages. A key that is missing in one of them does not compile.
 * Values stand in braces. Chinese takes full-width punctuation.
 */
import type { Words } from "./types.ts";
import { modeWords } from "./words-modes.ts";

export type Texts = Record<string, readonly [zh: string, en: string]>;

const own = {
  app: ["防线外勤", "Fangxian field"],
  close: ["关闭", "Close"],
  back: ["返回", "Back"],
  cancel: ["取消", "Cancel"],
  again: ["重试", "Try again"],
  ready: ["等待扫码", "Ready to scan"],
  needed: ["请填写此项。", "Please fill this in."],
  menu: ["菜单", "Menu"],

  online: ["在线", "Online"],
  offline: ["离线", "Offline"],
  pillOnline: ["在线。查看上传情况", "Online. See what has been sent"],
  pillWaiting: ["{net}，{n} 条待上传。查看上传情况", "{net}, {n} waiting to be sent. See what has been sent"],
  exercise: ["演练：人员与事件均为虚构", "EXERCISE: people and events are made up"],

  modeDesk: ["采样登记", "Sampling desk"],
  modeDeskAbout: ["扫管、扫人、封管、装箱", "Scan tube, scan people, seal, pack"],
  modeCheckpoint: ["卡点查验", "Checkpoint"],
  modeCheckpointAbout: ["查验人员车辆，急救一律放行", "Check people and vehicles; emergencies always pass"],
  modeVenue: ["场所门岗", "Venue door"],
  modeVenueAbout: ["登记进入场所的人员", "Register who comes in"],
  modeTasks: ["我的任务", "My tasks"],
  modeTasksAbout: ["上门、送达、转运、入户采样", "Visits, deliveries, transfers, door sampling"],
  chooseMode: ["现在做什么？", "What are you doing now?"],
  noModes: ["您的账号还没有安排外勤工作。请联系负责人。", "Your account has no field work yet. Speak to your supervisor."],
  noFeed: ["正在下载规则。第一次需要联网。", "Getting the rules. This needs the network once."],
  noFeedOffline: ["没有网络，规则还没有下载。连上网络后会自动继续。", "No network, and the rules are not here yet. This goes on by itself once there is one."],
  untrusted: ["收到的规则签名不对，已丢弃，继续用原有规则。请告诉负责人。", "Rules with a wrong signature arrived and were thrown away; the former ones stay. Tell your supervisor."],

  welcome: ["领取这部手机的工作", "Set up this phone for work"],
  welcomeAbout: ["请负责人在电脑上打开“手机登记”，对准屏幕上的二维码。", "Ask your supervisor to open “Phones” on the computer, then point at the code on the screen."],
  pointAt: ["将二维码对准取景框", "Point at the code"],
  typeCode: ["手工输入登记码", "Type the code instead"],
  code: ["登记码", "Code"],
  codeHint: ["显示在二维码下方，10 分钟内有效，只能用一次。", "It stands below the picture, is valid for 10 minutes, and works once."],
  codeOdd: ["这不是登记码。请扫负责人屏幕上的二维码。", "This is not a code for setting up. Scan the one on your supervisor's screen."],
  next: ["下一步", "Next"],
  noCamera: ["打不开相机。请允许使用相机，或手工输入登记码。", "The camera cannot be opened. Allow it, or type the code."],
  enrolling: ["正在登记这部手机……", "Setting up this phone…"],
  enrolOffline: ["没有连上服务器。检查网络后重试；登记码 10 分钟内有效。", "The server was not reached. Check the network and try again; the code is valid for 10 minutes."],
  enrolRefused: ["登记没有成功：{why}", "Not set up: {why}"],
  enrolBusy: ["服务器繁忙，请 {n} 秒后重试。", "The server is busy. Try again in {n} s."],
  alreadyEnrolled: ["这部手机已经登记。要重新登记，请先把待上传的发完。", "This phone is set up already. To set it up anew, first send what is waiting."],
  noStorage: ["这个浏览器不允许保存数据（可能是无痕窗口）。请用普通窗口打开。", "This browser keeps nothing (perhaps a private window). Open the app in an ordinary window."],
  insecure: ["连接不安全，不能登记人员。请用 https 地址打开。", "The connection is not secure, so nobody can be registered. Open the https address."],
  tooOld: ["这个浏览器太旧，缺少加密功能。请更新浏览器。", "This browser is too old and cannot encrypt. Please update it."],

  choosePin: ["设置 6 位数字密码", "Choose a PIN of 6 digits"],
  choosePinAbout: ["手机丢了，没有密码什么也看不到。", "If the phone is lost, nothing can be read without it."],
  repeatPin: ["再输入一次", "Type it once more"],
  pinDiffers: ["两次不一样，请重新设置。", "These differ. Choose again."],
  pinWeak: ["太容易猜到，请换一个。", "Too easy to guess. Choose another."],
  digit: ["已输入 {n} 位，共 6 位", "{n} of 6 digits"],
  erase: ["删除一位", "Erase"],
  locked: ["已锁定", "Locked"],
  lockedEmergency: ["遇到急救先放行，解锁后再补记。", "An emergency? Let them through now; write it down once unlocked."],
  lockedFirst: ["先放行，救人要紧。这里不用密码，也不用姓名。", "Let them through first: a life matters more. No PIN and no name is needed here."],
  lockedNote: ["登记：放行一人", "Note: one let through"],
  lockedNoted: ["已登记，马上通知负责人。请同时拨打 120。", "Noted; help is being told. Call 120 as well."],
  lockedOffline: ["已登记，有网络时马上上传。请马上拨打 120。", "Noted; it is sent as soon as there is a network. Call 120 now."],
  lockedWaits: ["已登记，输入密码后上传。请马上拨打 120。", "Noted; it is sent once the PIN is typed. Call 120 now."],
  call120: ["拨打 120", "Call 120"],
  typePin: ["请输入密码", "Type your PIN"],
  checking: ["正在核对……", "Checking…"],
  pinWrong: ["密码不对，还可以试 {n} 次。", "Wrong PIN. {n} tries left."],
  pinWait: ["请等 {n} 秒再试。", "Wait {n} s before the next try."],
  stillSending: ["锁定期间仍在上传：还有 {n} 条。", "Sending goes on while locked: {n} left."],
  waitsForPin: ["还有 {n} 条待上传，输入密码后继续。", "{n} waiting; they go on once the PIN is typed."],
  lockNow: ["立即锁定", "Lock now"],

  spent: ["密码错了 10 次，资料已销毁", "Ten wrong PINs: the data is destroyed"],
  spentAbout: ["还有 {n} 条没有上传。把它们存成文件交给办公室，只有办公室能打开。", "{n} records were not sent. Save them as a file for the office; only the office can open it."],
  closedRevoked: ["这部手机已被收回", "This phone has been called back"],
  closedExpired: ["这部手机的登记已到期", "This phone's registration is over"],
  closedSending: ["资料已销毁。收回之前的 {n} 条正在上传，请不要关闭。", "The data is destroyed. {n} records made before are being sent; keep this open."],
  closedLocked: ["资料已销毁。还有 {n} 条没有上传，输入密码发送。", "The data is destroyed. {n} records were not sent; type the PIN to send them."],
  closedDone: ["全部已上传，手机上什么也没有留下。要继续工作，请重新登记。", "Everything has been sent and nothing is left on this phone. To go on working, set it up anew."],
  wipe: ["清空这部手机", "Wipe this phone"],
  wipeSure: ["确定清空？", "Wipe it?"],
  wipeLost: ["{n} 条没有上传的记录会永远丢失。请先存成文件交给办公室。", "{n} records that were not sent will be lost for ever. First save them as a file for the office."],
  wipeNothing: ["全部已经上传，不会丢失任何记录。", "Everything has been sent; nothing is lost."],
  wipeSaved: ["文件已交给办公室，清空", "The office has the file: wipe"],

  outbox: ["上传情况", "Outbox"],
  allSent: ["全部已上传", "Everything has been sent"],
  waitingCount: ["{n} 条待上传", "{n} waiting"],
  waitingSince: ["最早 {time}", "since {time}"],
  sending: ["正在上传……", "Sending…"],
  sendNow: ["立即上传", "Send now"],
  whyOffline: ["没有网络，连上后自动上传。继续工作即可。", "No network. It goes by itself when there is one; just go on working."],
  whyBusy: ["服务器繁忙，{n} 秒后再试。", "Server busy, trying again in {n} s."],
  whyServer: ["服务器暂时不能接收，{n} 秒后再试。", "The server cannot take it now, trying again in {n} s."],
  whyNetwork: ["没有连上服务器，{n} 秒后再试。", "The server was not reached, trying again in {n} s."],
  whyOld: ["本应用版本太旧，请连上网络并更新，记录不会丢失。", "This version of the app is too old. Renew it with a network; nothing is lost."],
  whyRevoked: ["服务器不再接收这部手机的记录。请存成文件交给办公室。", "The server takes no more from this phone. Save a file for the office."],
  whyLocked: ["输入密码后继续上传。", "Sending goes on once the PIN is typed."],
  refusedNow: ["有记录被退回，点右上角查看原因。", "Something was refused: see why at the top right."],
  refusedTitle: ["{n} 条被退回", "{n} refused"],
  refusedAbout: ["这些记录没有生效。看清原因，该补的补上，再移走。", "These did not take effect. Read why, do what is needed, then put them away."],
  putAway: ["已处理，移走", "Dealt with: put away"],
  saveFile: ["存成文件交给办公室", "Save a file for the office"],
  saveAbout: ["最后的办法：长时间没有网络时使用。文件已加密，只有办公室能打开。", "The last resort when there is no network for long. The file is sealed; only the office can open it."],
  saved: ["已存到“下载”，请交给办公室。", "Saved under Downloads. Hand it to the office."],
  rules: ["规则与名单", "Rules and lists"],
  rulesAge: ["{ago}更新", "of {ago}"],
  rulesNever: ["还没有下载", "not here yet"],
  rulesOld: ["规则已超过一天没有更新，请尽快连网。", "The rules are more than a day old. Find a network soon."],
  refresh: ["更新", "Refresh"],
  refreshed: ["已是最新。", "Up to date."],
  noRoom: ["手机存储已满，没有保存。请删除照片等再扫一次。", "The phone is full and this was not kept. Delete pictures or the like, then scan again."],
  nearlyFull: ["手机存储快满了，请清理。", "The phone is nearly full. Make some room."],
  mayEvict: ["浏览器没有答应长期保存。请把本应用添加到主屏幕，并尽快上传。", "The browser does not promise to keep things. Add this app to the home screen, and send soon."],

  elsewhere: ["这项工作已在另一个页面打开。", "This work was opened in another page."],
  language: ["English", "中文"],
  languageLabel: ["切换到英文", "Switch to Chinese"],
  sunOn: ["阳光下高对比显示", "High contrast for sunlight"],
  sunOff: ["恢复普通显示", "Ordinary contrast"],
  soundOff: ["关闭声音", "Sound off"],
  soundOn: ["打开声音", "Sound on"],
  changeMode: ["换一项工作", "Change work"],
  install: ["添加到主屏幕", "Add to home screen"],
  newVersion: ["有新版本，点此更新", "New version: tap to renew"],
  renewing: ["正在更新……", "Renewing…"],

  help: ["使用帮助", "Help"],
  help1: ["看颜色、听声音：上升音通过，平音到核验台，下降音不通过。", "Look and listen: rising is pass, level is refer, falling is stop."],
  help2: ["没有网络照常工作。右上角是待上传的条数，连网后自动上传。", "Work on without network. The number at the top right is what waits; it goes by itself later."],
  help3: ["扫不出来：擦镜头，或用身份证、手工登记。没有手机的人一样办理。", "Cannot be read: wipe the lens, use the identity card, or type. People without a phone are served the same."],
  help4: ["急救一律放行：临产、胸痛、出血、昏迷、透析等，先放行，后补登记。", "Emergencies always pass: labour, chest pain, bleeding, fainting, dialysis. Let through first, complete later."],
  help5: ["手机丢了：马上告诉负责人收回。没有密码什么也看不到。", "Phone lost: tell your supervisor at once. Without the PIN nothing can be read."],
  help6: ["没电或摔坏：换一部手机登记即可，已存的待旧手机开机后上传。", "Empty or broken: set up another phone. What was kept goes when the old one starts again."],

  // ---- commands, as they are called where one was refused
  "sampling.start_shift": ["采样上岗", "Start of a sampling shift"],
  "sampling.end_shift": ["采样交班", "End of a sampling shift"],
  "sampling.open_tube": ["开管", "Tube opened"],
  "sampling.add_swab": ["采样登记", "Person swabbed"],
  "sampling.remove_swab": ["撤销登记", "Swab taken out again"],
  "sampling.seal_tube": ["封管", "Tube sealed"],
  "sampling.void_tube": ["作废采样管", "Tube voided"],
  "sampling.pack_box": ["装箱", "Box packed"],
  "sampling.hand_over_box": ["交箱", "Box handed over"],
  "sampling.receive_box": ["收箱", "Box received"],
  "sampling.note_untested": ["未采原因", "Why somebody was not tested"],
  "gates.start_shift": ["卡点上岗", "Start of a shift at a gate"],
  "gates.end_shift": ["卡点交班", "End of a shift at a gate"],
  "gates.record_scan": ["查验", "Check at a gate"],
  "gates.emergency": ["急救放行", "Emergency let through"],
  "gates.report_incident": ["情况上报", "Incident"],
  "gates.note_queue": ["排队人数", "Queue"],
  "gates.record_visit": ["场所登记", "Visit to a venue"],
  "care.visit_done": ["走访登记", "Somebody looked in on"],
  "care.request_transfer": ["求医", "Somebody to be brought to care"],
  "dispatch.take_task": ["接任务", "Task taken"],
  "dispatch.finish_task": ["办结任务", "Task done"],
  "dispatch.refuse_task": ["退回任务", "Task given back"],

  justNow: ["刚刚", "just now"],
  minutesAgo: ["{n} 分钟前", "{n} min ago"],
  hoursAgo: ["{n} 小时前", "{n} h ago"],
  daysAgo: ["{n} 天前", "{n} d ago"],
} as const satisfies Texts;

const all = { ...own, ...modeWords };

export type Key = keyof typeof all;
export type Language = "zh" | "en";

/** What a command is called; the word of its kind itself if this version does not know it. */
export const kindKey = (kind: string): Key | null => (kind in own ? (kind as Key) : null);

/** The words in one language. */
export function makeWords(language: Language): Words {
  const which = language === "zh" ? 0 : 1;
  const say = (key: Key, values: Readonly<Record<string, string | number>> = {}): string =>
    (all[key] as readonly [string, string])[which].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit", hour12: false });
  const day = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { month: "numeric", day: "numeric" });
  const ago = (seconds: number): string => {
    if (seconds < 60) return say("justNow");
    if (seconds < 3600) return say("minutesAgo", { n: Math.floor(seconds / 60) });
    if (seconds < 172_800) return say("hoursAgo", { n: Math.floor(seconds / 3600) });
    return say("daysAgo", { n: Math.floor(seconds / 86_400) });
  };
  const time = (at: Date | string): string => {
    const when = new Date(at);
    return when.toDateString() === new Date().toDateString() ? clock.format(when) : `${day.format(when)} ${clock.format(when)}`;
  };
  return Object.assign(say, { language, of: (text: { zh: string; en: string } | undefined) => text?.[language] ?? "", time, ago });
}

/** All texts, for the tests. */
export const texts: Texts = all;
